namespace BitcoinSock;

/// <summary>
/// How one <see cref="ISockSend.Send"/> or <see cref="ISockRecv.Recv"/> shall behave: the flags of
/// send(2) and recv(2) that mean the same everywhere.
/// </summary>
[Flags]
public enum SockFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>MSG_PEEK: look at the bytes and leave them where they are.</summary>
    Peek = 1,

    /// <summary>
    /// MSG_NOSIGNAL: a broken connection is an error code, never a SIGPIPE. Where the flag does not
    /// exist, SO_NOSIGPIPE or the system's own rules do the same, and it is ignored.
    /// </summary>
    NoSignal = 2,

    /// <summary>
    /// MSG_DONTWAIT: this one call does not block, whatever the mode of the handle. Winsock has no
    /// such flag; there the first call that asks for it puts the handle in non-blocking mode.
    /// </summary>
    DontWait = 4,
}
