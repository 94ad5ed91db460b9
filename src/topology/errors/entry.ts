/** Exit codes of the command line: 1 something failed, 2 bad input, 3 this machine cannot do it. */
export type ExitCode = 1 | 2 | 3;

/** One entry of the catalogue: a message and a remedy made from the same details. */
export type ErrorEntry<Details> = {
  readonly exitCode: ExitCode;
  message(details: Details): string;
  remedy?(details: Details): string | undefined;
};

/** Types an entry by its details. */
export const entry = <Details>(definition: ErrorEntry<Details>): ErrorEntry<Details> => definition;
