/** What a person cannot make anything of. */
const gibberish =
  /undefined|\[object|NaN|TypeError|ReferenceError|Cannot read prop|is not a function|\bat .*\.(?:ts|js):\d+/;
const longestMessage = 4_096;

/** @returns why a message is none for people */
export function problemOf(message: string): string | undefined {
  if (message.trim().length < 10) return 'says nothing';
  if (message.length > longestMessage) return `has ${message.length} characters`;
  return gibberish.test(message) ? 'is about the program, and not about what happened' : undefined;
}
