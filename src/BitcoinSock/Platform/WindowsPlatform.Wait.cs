using System.Buffers;

namespace BitcoinSock;

internal sealed unsafe partial class WindowsPlatform
{
    private const int FewEntries = 32;

    // Winsock's fd_set is a list, as long as whoever allocates it likes: FD_SETSIZE, 64 in its
    // header, is only the default of those who use that.
    public override bool IsSelectable(CSocket socket) => socket.Value >= 0;

    protected override SockResult Poll(Span<PollEntry> entries, int timeoutMs)
    {
        // WSAPoll waits on behind a bad handle: so first a look, which finds it.
        SockResult found = PollOnce(entries, 0);
        return found == SockResult.Ok(0) && timeoutMs != 0 ? PollOnce(entries, timeoutMs) : found;
    }

    private SockResult PollOnce(Span<PollEntry> entries, int timeoutMs)
    {
        Winsock.PollFd[]? rented =
            entries.Length <= FewEntries
                ? null
                : ArrayPool<Winsock.PollFd>.Shared.Rent(entries.Length);
        Span<Winsock.PollFd> fds = rented is null ? stackalloc Winsock.PollFd[FewEntries] : rented;
        for (int i = 0; i < entries.Length; i++)
        {
            SockEvents requested = entries[i].Requested;
            // WSAPoll passes over negative ones; no socket is as large as that.
            nint socket = entries[i].Socket.Value;
            fds[i].Fd = socket < 0 ? nint.MaxValue : socket;
            fds[i].REvents = 0;
            fds[i].Events = (short)(
                ((requested & SockEvents.Recv) != SockEvents.None ? Winsock.POLLRDNORM : 0)
                | ((requested & SockEvents.Send) != SockEvents.None ? Winsock.POLLOUT : 0)
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
            // As poll(2) is read: see PosixPlatform.Wait.cs.
            const int Ended = Winsock.POLLERR | Winsock.POLLHUP;
            entries[i]
                .Report(
                    recv: (got & (Winsock.POLLRDNORM | Ended)) != 0,
                    send: (got & (Winsock.POLLOUT | Winsock.POLLERR)) != 0,
                    error: (got & Ended) != 0
                );
            if ((got & Winsock.POLLNVAL) != 0)
            {
                entries[i].Report(recv: false, send: false, error: true);
                bad = true;
            }
        }

        if (rented is not null)
        {
            ArrayPool<Winsock.PollFd>.Shared.Return(rented);
        }

        // Such a handle is marked, but not counted.
        return bad ? SockResult.Fail(BadHandle) : result;
    }

    protected override SockResult Select(Span<PollEntry> entries, int timeoutMs)
    {
        int room = 1 + entries.Length;
        nint[]? rented =
            entries.Length <= FewEntries ? null : ArrayPool<nint>.Shared.Rent(3 * room);
        Span<nint> sets = rented is null ? stackalloc nint[3 * (1 + FewEntries)] : rented;
        Span<nint> recv = sets[..room];
        Span<nint> send = sets.Slice(room, room);
        Span<nint> error = sets.Slice(2 * room, room);
        Fill(recv, entries, static entry => (entry.Requested & SockEvents.Recv) != SockEvents.None);
        Fill(send, entries, static entry => (entry.Requested & SockEvents.Send) != SockEvents.None);
        Fill(error, entries, IsConnecting);
        (int seconds, int ms) = Math.DivRem(timeoutMs, 1000);
        var time = new Winsock.TimeVal { Seconds = seconds, Microseconds = ms * 1000 };
        SockResult result;
        fixed (
            nint* r = recv,
                w = send,
                e = error
        )
        {
            // To wait for nothing is refused.
            result =
                recv[0] + send[0] + error[0] == 0
                    ? PollOnce(entries, timeoutMs)
                    : Decode(Winsock.Select(0, r, w, e, &time));
        }

        result = result.Count > 0 ? Tell(entries, recv, send, error) : result;
        if (rented is not null)
        {
            ArrayPool<nint>.Shared.Return(rented);
        }

        return result;
    }

    // Errors and hang-ups select(2) finds, as something to receive, but does not tell; and older
    // ones of WSAPoll do not tell of a connect that failed.
    private SockResult Tell(
        Span<PollEntry> entries,
        ReadOnlySpan<nint> recv,
        ReadOnlySpan<nint> send,
        ReadOnlySpan<nint> error
    )
    {
        SockResult polled = PollOnce(entries, 0);
        int ready = 0;
        foreach (ref PollEntry entry in entries)
        {
            nint socket = entry.Socket.Value;
            bool failed = Has(error, socket);
            entry.Report(
                recv: Has(recv, socket) || failed,
                send: Has(send, socket) || failed,
                error: (entry.Occurred & SockEvents.Error) != SockEvents.None || failed
            );
            ready += entry.Occurred == SockEvents.None ? 0 : 1;
        }

        return polled.IsError ? polled : SockResult.Ok(ready);
    }

    // u_int fd_count, padded to the size of a SOCKET; then SOCKET fd_array[].
    private static void Fill(Span<nint> set, Span<PollEntry> entries, Predicate<PollEntry> isOfIt)
    {
        int count = 0;
        foreach (PollEntry entry in entries)
        {
            if (isOfIt(entry))
            {
                set[++count] = entry.Socket.Value;
            }
        }

        set[0] = count;
    }

    // What the third set has of a connected socket is urgent data, which is no error.
    private static bool IsConnecting(PollEntry entry)
    {
        byte* address = stackalloc byte[AddressLengthMax];
        int length = AddressLengthMax;
        return (entry.Requested & SockEvents.Send) != SockEvents.None
            && Winsock.GetPeerName(entry.Socket.Value, address, &length) < 0;
    }

    private static bool Has(ReadOnlySpan<nint> set, nint socket) =>
        set.Slice(1, (int)set[0]).Contains(socket);
}
