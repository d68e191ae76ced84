namespace BitcoinSock;

/// <summary>
/// What can be waited for, and what a wait found. Core's <c>Sock::Event</c>, with its numbers.
/// </summary>
[Flags]
public enum SockEvents : byte
{
    /// <summary>Nothing. As the answer of a wait: the time ran out.</summary>
    None = 0,

    /// <summary>
    /// A <see cref="ISockRecv.Recv"/> will not block: there are bytes, a connection to accept, the
    /// end of the stream, or an error to fetch.
    /// </summary>
    Recv = 1,

    /// <summary>A <see cref="ISockSend.Send"/> will not block, or a connect has ended.</summary>
    Send = 2,

    /// <summary>
    /// An error that the next call will tell of (a reset, a connect that failed), or a hang-up:
    /// both sides have ended. Reported without being asked for, beside the others; asking for it
    /// changes nothing. It is what poll(2) has as POLLERR and POLLHUP, by every mechanism. Urgent
    /// data is none.
    /// </summary>
    /// <remarks>
    /// What a hang-up is, the system says: on Linux also a stream socket that is not connected; on
    /// macOS and Windows also a peer that ended its side only. select(2) has no event for it. Who
    /// waits by that, and not for <see cref="Recv"/>, hears of a hang-up that comes into the wait
    /// after a second at most.
    /// </remarks>
    Error = 4,
}
