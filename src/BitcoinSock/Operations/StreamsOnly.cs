namespace BitcoinSock;

/// <summary>A sock that knows of what kind its socket is, without asking the system.</summary>
internal interface IMayHaveMessages
{
    /// <summary>
    /// Whether it has messages with borders, as SOCK_DGRAM and SOCK_SEQPACKET have; false if that
    /// is not known.
    /// </summary>
    bool HasMessages { get; }
}

internal static class StreamsOnly
{
    public const string Why =
        "Operations are for streams: of a message they would lose what a read has no room for. "
        + "Use Send and Recv.";

    /// <summary>
    /// Refuses a socket of messages, where that is known. To ask the system would cost a call for
    /// each operation.
    /// </summary>
    public static void ThrowIfItHasMessages<TSock>(TSock sock)
    {
        if (sock is IMayHaveMessages { HasMessages: true })
        {
            throw new ArgumentException(Why, nameof(sock));
        }
    }
}
