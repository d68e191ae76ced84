namespace BitcoinSock;

/// <summary>
/// An operation did not do its job. The message has Core's wording; decide by <see cref="Status"/>,
/// not by the text.
/// </summary>
public class SockException : IOException
{
    /// <summary>Tells how an operation ended.</summary>
    /// <param name="message">What happened and what was kept, for people.</param>
    /// <param name="outcome">The same for programs.</param>
    /// <param name="received">
    /// The bytes that were consumed, if the caller has them nowhere else.
    /// </param>
    public SockException(
        string message,
        SockOutcome outcome,
        ReadOnlyMemory<byte> received = default
    )
        : base(message)
    {
        Status = outcome.Status;
        Count = outcome.Count;
        ErrorCode = outcome.Error;
        Received = received;
    }

    /// <summary>How the operation ended.</summary>
    public SockStatus Status { get; }

    /// <summary>Bytes sent, or bytes received, before that.</summary>
    public int Count { get; }

    /// <summary>
    /// The system's code of the failing call; 0 unless <see cref="Status"/> is
    /// <see cref="SockStatus.Failed"/>.
    /// </summary>
    public int ErrorCode { get; }

    /// <summary>
    /// A copy of the <see cref="Count"/> bytes that a receive had consumed. Empty after a send,
    /// where the bytes went to the caller's own buffer writer, and where they are in a buffer of
    /// the caller's and memory has no room for a copy.
    /// </summary>
    public ReadOnlyMemory<byte> Received { get; }
}

/// <summary>
/// An operation was interrupted. A kind of its own, because shutting down is not an error: it is
/// caught where cancellation is caught.
/// </summary>
public class SockInterruptedException : OperationCanceledException
{
    /// <summary>Tells how far an interrupted operation got.</summary>
    /// <param name="message">What happened and what was kept, for people.</param>
    /// <param name="count">Bytes sent, or bytes received, before the interrupt.</param>
    /// <param name="interrupt">The interrupt that fired.</param>
    /// <param name="received">
    /// The bytes that were consumed, if the caller has them nowhere else.
    /// </param>
    public SockInterruptedException(
        string message,
        int count,
        CancellationToken interrupt,
        ReadOnlyMemory<byte> received = default
    )
        : base(message, interrupt)
    {
        Count = count;
        Received = received;
    }

    /// <inheritdoc cref="SockException.Count"/>
    public int Count { get; }

    /// <inheritdoc cref="SockException.Received"/>
    public ReadOnlyMemory<byte> Received { get; }
}
