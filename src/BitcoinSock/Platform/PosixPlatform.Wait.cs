using System.Buffers;

namespace BitcoinSock;

internal sealed unsafe partial class PosixPlatform
{
    private const int FewEntries = 32;

    public override EventQueue? CreateEventQueue() => numbers.HasEpoll ? Epoll.Create() : null;

    public override bool IsSelectable(CSocket socket) => socket.Value is >= 0 and < LibC.FD_SETSIZE;

    protected override SockResult Poll(Span<PollEntry> entries, int timeoutMs)
    {
        LibC.PollFd[]? rented =
            entries.Length <= FewEntries
                ? null
                : ArrayPool<LibC.PollFd>.Shared.Rent(entries.Length);
        Span<LibC.PollFd> fds = rented is null ? stackalloc LibC.PollFd[FewEntries] : rented;
        for (int i = 0; i < entries.Length; i++)
        {
            SockEvents requested = entries[i].Requested;
            fds[i].Fd = Fd(entries[i].Socket);
            fds[i].Events = (short)(
                ((requested & SockEvents.Recv) != SockEvents.None ? LibC.POLLIN : 0)
                | ((requested & SockEvents.Send) != SockEvents.None ? LibC.POLLOUT : 0)
            );
        }

        SockResult result;
        fixed (LibC.PollFd* first = fds)
        {
            result = Decode(LibC.Poll(first, (nuint)entries.Length, timeoutMs));
        }

        bool ready = result.Count > 0;
        for (int i = 0; ready && i < entries.Length; i++)
        {
            int got = fds[i].REvents;
            // A hang-up may be of the peer's side only (macOS, WSAPoll): then there need be no room
            // to send. Where it is of both there is, by POLLOUT.
            const int Ended = LibC.POLLERR | LibC.POLLHUP;
            entries[i]
                .Report(
                    recv: (got & (LibC.POLLIN | Ended)) != 0,
                    send: (got & (LibC.POLLOUT | LibC.POLLERR)) != 0,
                    error: (got & Ended) != 0
                );

            // poll(2) itself counts a closed descriptor as ready, and so as an early timeout.
            if ((got & LibC.POLLNVAL) != 0)
            {
                entries[i].Report(recv: false, send: false, error: true);
                result = SockResult.Fail(BadHandle);
            }
        }

        if (rented is not null)
        {
            ArrayPool<LibC.PollFd>.Shared.Return(rented);
        }

        return result;
    }

    protected override SockResult Select(Span<PollEntry> entries, int timeoutMs)
    {
        var recv = new FdSet(stackalloc nuint[FdSet.Words]);
        var send = new FdSet(stackalloc nuint[FdSet.Words]);
        int count = 0;
        foreach (PollEntry entry in entries)
        {
            int fd = Fd(entry.Socket);
            recv.Set(fd, (entry.Requested & SockEvents.Recv) != SockEvents.None);
            send.Set(fd, (entry.Requested & SockEvents.Send) != SockEvents.None);
            count = Math.Max(count, fd + 1);
        }

        // Linux ignores bits above its table of descriptors, where a closed one would be a timeout.
        // If the highest is open there are none.
        if (LibC.Fcntl(count - 1, LibC.F_GETFL, 0) < 0)
        {
            return SockResult.Fail(BadHandle);
        }

        (int seconds, int ms) = Math.DivRem(timeoutMs, 1000);
        var time = new LibC.TimeVal { Seconds = seconds, Microseconds = ms * 1000 };
        SockResult result;
        fixed (
            nuint* r = recv.Bits,
                w = send.Bits
        )
        {
            // Not the third set: what POSIX has there is urgent data, which is no error.
            result = Decode(LibC.Select(count, r, w, null, &time));
        }

        // Errors and hang-ups it finds, as something to receive or room to send, but does not tell.
        return result.Count > 0 ? Poll(entries, 0) : result;
    }

    /// <summary>An fd_set: a bit a descriptor, in an array of long.</summary>
    private readonly ref struct FdSet(Span<nuint> zeros)
    {
        public const int Words = LibC.FD_SETSIZE / 32;

        public readonly Span<nuint> Bits = zeros;

        private static int WordBits => 8 * nuint.Size;

        public void Set(int fd, bool on) =>
            Bits[fd / WordBits] |= (on ? (nuint)1 : 0) << (fd % WordBits);
    }
}
