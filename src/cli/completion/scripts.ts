/*
 * The shells' side of completion. Each asks `netwright __complete -- WORD...` with the words up to the
 * cursor. The first line of the answer is `:files` when file names shall be completed, else `:words`;
 * each line after it is a candidate, a tab, and what it means.
 */

const bash = `# bash completion for netwright. Load it with: source <(netwright completion bash)
_netwright() {
  local answer line word prefix
  local -a words=()
  COMPREPLY=()
  # bash breaks words at : and =, which interfaces and variables have in them.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if ((\${#words[@]})) && [[ $word == [:=]* || \${words[-1]} == *[:=] ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  prefix=\${words[-1]%"\${words[-1]##*[:=]}"}
  answer=$("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null) || return 0
  {
    IFS= read -r line
    if [[ $line == ":files" ]]; then
      compopt -o default 2>/dev/null
      return 0
    fi
    while IFS= read -r line; do
      line=\${line%%$'\\t'*}
      COMPREPLY+=("\${line#"$prefix"}")
    done
  } <<<"$answer"
}
complete -F _netwright netwright
`;

const zsh = `#compdef netwright
# zsh completion for netwright. Load it with: source <(netwright completion zsh)
_netwright() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == ":files" ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'netwright' candidates
}
if [[ \${funcstack[1]-} == _netwright ]]; then
  _netwright "$@"
else
  compdef _netwright netwright
fi
`;

const fish = `# fish completion for netwright. Load it with: netwright completion fish | source
function __netwright_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process)
  set -l current (commandline --current-token --cut-at-cursor)
  set -l answer ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
  if test "$answer[1]" = ":files"
    __fish_complete_path "$current"
    return
  end
  for line in $answer[2..-1]
    echo $line
  end
end
complete --command netwright --no-files --arguments '(__netwright_complete)'
`;

export const completionScripts = { bash, zsh, fish } as const;
export type Shell = keyof typeof completionScripts;
