// Keeps passwords out of addresses that people are shown.

/** A URL without the password in it, also when it stands among the parameters. */
export function maskPassword(url: string): string {
  return url
    .replace(/(:\/\/[^/@:]*:)[^@]*@/, "$1********@")
    .replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&]*/gi, "$1********");
}
