namespace BitcoinSock;

/// <summary>Frames that were read together: views of the reader's memory.</summary>
public readonly ref struct FrameBatch
{
    private readonly ReadOnlySpan<Range> _frames;

    internal FrameBatch(ReadOnlySpan<byte> bytes, ReadOnlySpan<Range> frames)
    {
        Bytes = bytes;
        _frames = frames;
    }

    /// <summary>All bytes of the frames, terminators included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>How many frames there are.</summary>
    public int Count => _frames.Length;

    /// <summary>A frame without its terminator.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> exclusive.</param>
    public ReadOnlySpan<byte> this[int index] => Bytes[_frames[index]];
}
