import type { SocketState } from "../feed/socket";

/** How the page is joined to the daemon. */
export class ConnectionStore {
  state = $state.raw<SocketState>({ kind: "connecting" });
  /** Whether there was a conversation before; a first connection is not a reconnection. */
  wasOpen = $state(false);
  /** Version of the daemon. */
  server = $state("");
  /** True once the daemon does not know this browser's session. */
  sessionEnded = $state(false);

  change(state: SocketState): void {
    this.state = state;
    if (state.kind === "refused" && state.reason === "session") this.sessionEnded = true;
  }
}
