namespace BitcoinSock.Field.Soak;

/// <summary>By which operation something is received.</summary>
internal enum Form
{
    TryRecvUntilTerminator,
    TryRecvUntilTerminatorIntoWriter,
    TryRecvUntilTerminatorAsText,
    RecvUntilTerminator,
    TryRecvComplete,
    Wait,
    TryRecvUntilTerminatorAsync,
    TryRecvCompleteAsync,
    TryRead,
    TryReadBatch,
}

/// <summary>What came of it, and how many bytes are no longer in the socket.</summary>
internal readonly ref struct Got
{
    private readonly byte[]? _terminator;
    private readonly int _max;
    private readonly string? _wrong;

    public Got(SockOutcome outcome)
        : this(outcome, outcome.Count) { }

    private Got(
        SockOutcome outcome,
        int consumed,
        byte[]? terminator = null,
        int max = 0,
        string? wrong = null
    ) =>
        (Outcome, Consumed, _terminator, _max, _wrong) = (
            outcome,
            consumed,
            terminator,
            max,
            wrong
        );

    public SockOutcome Outcome { get; }

    public int Consumed { get; }

    /// <summary>A line or a frame: its count is without the terminator if that came.</summary>
    public static Got Line(SockOutcome outcome, byte[] terminator, int max)
    {
        bool isWhole = outcome.Status is SockStatus.Ok or SockStatus.InvalidText;
        int consumed = outcome.Count + (isWhole ? terminator.Length : 0);
        return new Got(outcome, consumed, terminator, max);
    }

    /// <summary>Exactly so many bytes.</summary>
    public static Got Bytes(SockOutcome outcome, int asked) =>
        new(
            outcome,
            outcome.Count,
            wrong: outcome.IsOk == (outcome.Count == asked) ? null : $"{asked} bytes were asked for"
        );

    /// <summary>Some frames, whose count is of all bytes.</summary>
    public static Got Batch(SockOutcome outcome, FrameBatch batch, byte[] terminator)
    {
        int at = 0;
        string? wrong = null;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> rest = batch.Bytes[at..];
            int end = rest.IndexOf(terminator);
            wrong = end >= 0 && rest[..end].SequenceEqual(batch[i]) ? wrong : $"frame {i} differs";
            at += end + terminator.Length;
        }

        wrong =
            !outcome.IsOk || (batch.Count > 0 && at == outcome.Count) ? wrong : "no whole frames";
        return new Got(outcome, outcome.Count, wrong: wrong);
    }

    /// <summary>What is wrong with it; null if nothing is.</summary>
    public string? Breach(ReadOnlySpan<byte> bytes)
    {
        if (_wrong is not null || _terminator is null)
        {
            return _wrong;
        }

        int end = bytes.IndexOf(_terminator);
        bool isWhole = Consumed > Outcome.Count;
        return isWhole && end != Outcome.Count ? "the first terminator is not at its end"
            : !isWhole && end >= 0 ? "there is a terminator in what is said to have none"
            : Consumed > _max ? $"more than the {_max} bytes there was room for"
            : Outcome.Status == SockStatus.TooLong && Consumed < _max ? $"there was room for {_max}"
            : null;
    }
}
