/** Git prints the URL it pushed to, which can hold a user name and a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w+:\/\/)[^/\s@]+@/g, '$1');
}
