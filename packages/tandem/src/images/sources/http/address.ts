/** What is asked, and with which headers. */
export interface Addressed {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether an address is of a kind that can be asked. */
export function isAskable(place: string): boolean {
  return /^(https?|s3):\/\//i.test(place);
}

type Method = 'GET' | 'HEAD';

/** Where something is: its address, or how it is asked. */
export type Place = string | ((headers: Readonly<Record<string, string>>, method: Method) => Promise<Addressed>);

/** How a place is asked: a URL as it is, `s3://` at its endpoint and signed. */
export async function addressed(
  place: Place,
  headers: Readonly<Record<string, string>>,
  method: Method = 'GET',
): Promise<Addressed> {
  if (typeof place === 'function') return place(headers, method);
  if (!/^s3:/i.test(place)) return { url: place, headers };
  const { urlOf, signed } = await import('../s3/sign.js');
  return signed(await urlOf(place), headers, method);
}
