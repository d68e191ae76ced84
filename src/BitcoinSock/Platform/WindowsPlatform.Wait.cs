namespace BitcoinSock;

internal sealed unsafe partial class WindowsPlatform
{
    // Winsock's fd_set is a list, as long as whoever allocates it likes: FD_SETSIZE, 64 in its
    // header, is only the default of those who use that.
    public override bool IsSelectable(CSocket socket) => !socket.IsInvalid;

    protected override SockResult Poll(Span<PollEntry> entries, int timeoutMs)
    {
        // WSAPoll waits on behind a bad handle: so first a look, which finds it.
        SockResult found = PollOnce(entries, 0);
        return found == SockResult.Ok(0) && timeoutMs != 0 ? PollOnce(entries, timeoutMs) : found;
    }

    private SockResult PollOnce(Span<PollEntry> entries, int timeoutMs)
    {
        var fds = new Winsock.PollFd[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            SockEvents requested = entries[i].Requested;
            fds[i].Fd = entries[i].Socket.Value;
            fds[i].Events = (short)(
                ((requested & SockEvents.Recv) != 0 ? Winsock.POLLIN : 0)
                | ((requested & SockEvents.Send) != 0 ? Winsock.POLLOUT : 0)
            );
        }

        bool bad = false;
        SockResult result;
        fixed (Winsock.PollFd* first = fds)
        {
            result = Decode(Winsock.Poll(first, (uint)entries.Length, timeoutMs));
        }

        for (int i = 0; result.Count >= 0 && i < entries.Length; i++)
        {
            int got = fds[i].REvents;
            bool ended = (got & (Winsock.POLLERR | Winsock.POLLHUP)) != 0;
            entries[i]
                .Report(
                    recv: ended || (got & Winsock.POLLIN) != 0,
                    send: ended || (got & Winsock.POLLOUT) != 0,
                    error: ended
                );
            if ((got & Winsock.POLLNVAL) != 0)
            {
                entries[i].Report(recv: false, send: false, error: true);
                bad = true;
            }
        }

        // Such a handle is marked, but not counted.
        return bad ? SockResult.Fail(BadHandle) : result;
    }

    protected override SockResult Select(Span<PollEntry> entries, int timeoutMs)
    {
        nint[] recv = Set(entries, SockEvents.Recv);
        nint[] send = Set(entries, SockEvents.Send);
        nint[] error = Set(entries, SockEvents.Error);
        (int seconds, int ms) = Math.DivRem(timeoutMs, 1000);
        var time = new Winsock.TimeVal { Seconds = seconds, Microseconds = ms * 1000 };
        SockResult result;
        fixed (
            nint* r = recv,
                w = send,
                e = error
        )
        {
            result = Decode(Winsock.Select(0, r, w, e, timeoutMs < 0 ? null : &time));
        }

        bool ready = result.Count > 0;
        for (int i = 0; ready && i < entries.Length; i++)
        {
            nint socket = entries[i].Socket.Value;
            entries[i].Report(Has(recv, socket), Has(send, socket), Has(error, socket));
        }

        return result;
    }

    // u_int fd_count, padded to the size of a SOCKET; then SOCKET fd_array[].
    private static nint[] Set(Span<PollEntry> entries, SockEvents requested)
    {
        var set = new nint[1 + entries.Length];
        foreach (PollEntry entry in entries)
        {
            // Errors are reported without being asked for.
            if (((entry.Requested | SockEvents.Error) & requested) != 0)
            {
                set[++set[0]] = entry.Socket.Value;
            }
        }

        return set;
    }

    private static bool Has(nint[] set, nint socket) => set.AsSpan(1, (int)set[0]).Contains(socket);
}
