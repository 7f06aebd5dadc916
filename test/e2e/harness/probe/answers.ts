/** Reading answers: what is not there is empty, what is refused is thrown. */
import type { Json } from './lenient-json.ts';
import type { Answer } from './remoting.ts';

export function succeeded(answer: Answer): Answer {
  if (answer.code !== 0) throw new Error(`refused with code ${String(answer.code)}: ${answer.remark}`);
  return answer;
}

export function asMembers(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

export function asText(value: Json | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
