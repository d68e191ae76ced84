namespace BitcoinSock;

/// <summary>
/// The operating system's own name for a socket: a file descriptor on POSIX, a <c>SOCKET</c> on
/// Windows. It owns nothing; <see cref="Sock"/> does. Core's <c>SOCKET</c>.
/// </summary>
/// <param name="Value">The descriptor or handle, as the system gave it.</param>
/// <remarks><c>default</c> is descriptor 0, a real one; use <see cref="Invalid"/> for
/// none.</remarks>
public readonly record struct CSocket(nint Value)
{
    /// <summary>No socket: -1, Winsock's <c>INVALID_SOCKET</c>.</summary>
    public static CSocket Invalid => new(-1);

    /// <summary>Whether this is <see cref="Invalid"/>.</summary>
    public bool IsInvalid => Value == -1;
}
