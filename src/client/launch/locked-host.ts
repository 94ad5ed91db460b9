/**
 * A shell program that shows the whole host at `$1`, read-only, and then becomes the rest of its arguments.
 *
 * It runs in a mount namespace of the outer of the two user namespaces of a lab. The mount namespaces of the
 * inner one, in which the lab is, are less privileged, so that what they have from here is locked
 * (mount_namespaces(7), RESTRICTIONS ON MOUNT NAMESPACES): no root in there can make it writable again, as it
 * could if it had been made read-only there.
 *
 * A mount made read-only leaves those below it as they are, and mount(8) has no word for all of them before
 * util-linux 2.39: so it goes from mount to mount, keeping the flags that are locked here. Left as they are are
 * those of the kernel's own file systems, which hold nobody's files; those that are read-only of themselves; and
 * those behind a network or another program, which may not answer: waiting for them would hold the lab up. Of
 * them nodes get a view that is made read-only as they get it.
 */
export const showHost = `view=$1; shift
[ -z "$view" ] || {
  mkdir -p -- "$view" && mount --rbind / "$view" || exit
  while read -r _ _ _ _ point options rest; do
    case $point in
      "$view/proc" | "$view/proc/"* | "$view/sys" | "$view/sys/"* | "$view/dev" | "$view/dev/"*) continue ;;
      "$view" | "$view/"*) ;;
      *) continue ;;
    esac
    rest=" $rest"; rest=\${rest#* - }; kind=\${rest%% *}
    case $rest in *\\ ro | *\\ ro,*) continue ;; esac
    case $kind in autofs | nfs* | cifs | smb* | 9p | ceph | afs | fuse*) continue ;; esac
    # What is odd in a name is written as \\ooo (proc(5), mountinfo).
    point=$(printf '%bx' "$point"); point=\${point%x}
    mount -n -o "remount,bind,ro,\${options#r[wo],}" none "$point" 2>/dev/null || :
  done </proc/self/mountinfo
}
exec "$@"`;
