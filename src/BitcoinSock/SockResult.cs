using System.Net.Sockets;

namespace BitcoinSock;

/// <summary>
/// What one call returned: a count, or the code of its error, captured at the call so that nothing
/// in between can overwrite it. The floor below <see cref="SockOutcome"/>.
/// </summary>
public readonly record struct SockResult
{
    private SockResult(int count, int error)
    {
        Count = count;
        Error = error;
    }

    /// <summary>What the call returned, usually a number of bytes; -1 on error.</summary>
    public int Count { get; }

    /// <summary>
    /// The system's own code of the error (an <c>errno</c> on POSIX, a <c>WSAE…</c> on Windows),
    /// for
    /// <see cref="NetworkError"/>; 0 if there was none.
    /// </summary>
    public int Error { get; }

    /// <summary>Whether the call failed.</summary>
    public bool IsError => Count < 0;

    /// <summary>A call that worked.</summary>
    /// <param name="count">What it returned; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is
    /// negative.</exception>
    public static SockResult Ok(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new(count, 0);
    }

    /// <summary>A call that failed.</summary>
    /// <param name="error">The system's own code of the error.</param>
    public static SockResult Fail(int error) => new(-1, error);

    /// <summary>
    /// A call that failed, by the portable name of the error: how a backend of your own says
    /// <see cref="SocketError.WouldBlock"/> on every system.
    /// </summary>
    /// <param name="error">The error, translated to this system's code by the base library.</param>
    public static SockResult Fail(SocketError error) => Fail(NetworkError.NativeCode(error));

    /// <summary>Throws if the call failed: for calls that have no reason to.</summary>
    /// <param name="call">The name of the call, for the message.</param>
    /// <returns><see cref="Count"/>.</returns>
    /// <exception cref="SockException">
    /// The call failed: <c>bind(): Address already in use (98)</c>.
    /// </exception>
    public int ThrowIfError(string call) =>
        IsError
            ? throw new SockException(
                $"{call}(): {NetworkError.NetworkErrorString(Error)}",
                SockOutcome.Failed(Error)
            )
            : Count;
}
