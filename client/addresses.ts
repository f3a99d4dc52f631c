/** `path` begins with `/api/`; a path in the base stays in front of it. */
export function addressOf(path: string, base: string): string {
  return `${base.replace(/\/+$/, '')}${path}`;
}

/** Of an absolute link, below the base. The control plane may know itself under another name than its users do. */
export function pathOf(link: string, base: string): string {
  const { pathname, search } = new URL(link, base);
  const basePath = new URL(base).pathname.replace(/\/+$/, '');
  const below = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname;
  return `${below}${search}`;
}
