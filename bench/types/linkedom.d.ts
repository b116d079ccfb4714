// what the benches use of linkedom, whose own types need the DOM's, which the package must not see
export function parseHTML(html: string): { readonly document: unknown }
