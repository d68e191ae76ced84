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
    /// An exceptional condition, reported without being asked for, beside the others; asking for it
    /// changes nothing. By poll(2): a reset, or a hang-up on both sides (macOS, WSAPoll: one). By
    /// select(2): out-of-band data; on Windows also a connect that failed.
    /// </summary>
    Error = 4,
}
