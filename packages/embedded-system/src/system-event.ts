/** What happens while a system starts and runs, for a person to read. */
export type SystemEvent =
  | { readonly kind: 'up'; readonly part: string; readonly where: string; readonly tookMs: number }
  | { readonly kind: 'died'; readonly part: string; readonly reason: string }
  | { readonly kind: 'back'; readonly part: string; readonly tookMs: number }
  | { readonly kind: 'given-up'; readonly part: string; readonly reason: string };

export type OnSystemEvent = (event: SystemEvent) => void;
