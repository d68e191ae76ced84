namespace BitcoinSock;

/// <summary>
/// How an operation ended. Exactly one of these, always; <see cref="SockOutcome.Count"/> says how
/// far it got.
/// </summary>
public enum SockStatus
{
    /// <summary>The job is done.</summary>
    Ok,

    /// <summary>The peer closed its side before the job was done.</summary>
    Closed,

    /// <summary>The deadline passed.</summary>
    Timeout,

    /// <summary>The interrupt fired.</summary>
    Interrupted,

    /// <summary>
    /// The limit was reached, or memory has no room for more, and there was no terminator.
    /// </summary>
    TooLong,

    /// <summary>A call failed for good; <see cref="SockOutcome.Error"/> has its code.</summary>
    Failed,

    /// <summary>
    /// The bytes consumed are not those peeked, or a call claims more than it was asked for:
    /// somebody else uses the same descriptor, or the backend is wrong.
    /// </summary>
    Inconsistent,

    /// <summary>
    /// The bytes are all there, but are not the UTF-8 that was asked for, or memory has no room for
    /// their text.
    /// </summary>
    InvalidText,
}

/// <summary>The end of an operation, as a value: what the Try forms return.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Count">
/// Bytes. Of a send: what the system accepted, so what the peer can drain. Of a receive that is
/// <see cref="SockStatus.Ok"/>: the length of what was asked for, a line without its terminator.
/// Of a receive that failed: all that was consumed, and is handed back (without its terminator
/// where the line is whole, as it is with <see cref="SockStatus.InvalidText"/>).
/// </param>
/// <param name="Error">
/// The code of the failing call, for <see cref="NetworkError"/>; 0 unless <see cref="Status"/> is
/// <see cref="SockStatus.Failed"/>.
/// </param>
public readonly record struct SockOutcome(SockStatus Status, int Count, int Error)
{
    /// <summary>Whether the job is done.</summary>
    public bool IsOk => Status == SockStatus.Ok;

    internal static SockOutcome Ok(int count) => new(SockStatus.Ok, count, 0);

    internal static SockOutcome End(SockStatus status, int count = 0) => new(status, count, 0);

    internal static SockOutcome Failed(int error, int count = 0) =>
        new(SockStatus.Failed, count, error);

    /// <summary>What an operation makes of an error: Ok means that it goes on.</summary>
    internal static SockOutcome RetryOrFail(int error) =>
        NetworkError.IoErrorIsPermanent(error) ? Failed(error) : Ok(0);
}
