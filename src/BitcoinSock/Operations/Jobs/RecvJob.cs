namespace BitcoinSock;

/// <summary>Fills a buffer.</summary>
/// <param name="sock">Where from.</param>
/// <param name="length">How much it holds.</param>
internal struct RecvJob(ISockRecv sock, int length) : IJob<Span<byte>>
{
    private int _received;

    public readonly SockEvents Awaited => SockEvents.Recv;

    public readonly bool IsDone => _received == length;

    public readonly int Count => _received;

    public SockOutcome Step(Span<byte> buffer)
    {
        SockOutcome step = Take(sock, buffer[_received..]);
        _received += step.Count;
        return step;
    }

    /// <summary>One recv. Ok: so many bytes, possibly none, were received.</summary>
    public static SockOutcome Take(ISockRecv sock, Span<byte> buffer)
    {
        SockResult got = sock.Recv(buffer, SockFlags.DontWait);
        return got.IsError ? SockOutcome.RetryOrFail(got.Error)
            : got.Count == 0 ? SockOutcome.End(SockStatus.Closed)
            : got.Count > buffer.Length ? SockOutcome.End(SockStatus.Inconsistent)
            : SockOutcome.Ok(got.Count);
    }
}

/// <summary>Reads what is there, but at least a byte, as a stream does.</summary>
/// <param name="sock">Where from.</param>
internal struct RecvSomeJob(ISockRecv sock) : IJob<Span<byte>>
{
    public readonly SockEvents Awaited => SockEvents.Recv;

    public bool IsDone { get; private set; }

    public int Count { get; private set; }

    /// <summary>Into nothing it takes nothing, once there is something.</summary>
    public SockOutcome Step(Span<byte> buffer)
    {
        SockOutcome step = buffer.IsEmpty ? SockOperations.Look(sock) : RecvJob.Take(sock, buffer);
        IsDone = step.Count > 0;
        Count = buffer.IsEmpty ? 0 : step.Count;
        return step;
    }
}
