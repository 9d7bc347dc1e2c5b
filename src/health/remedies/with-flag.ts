/** The command with a flag, in place of the one it may have had. */
export function withFlag(command: string, flag: string, value: string): string {
  return `${command.replaceAll(new RegExp(` ${flag} \\S+`, "g"), "")} ${flag} ${value}`;
}
