namespace RingBackend;

/// <summary>One direction of a channel in memory: so many bytes at most, in order.</summary>
/// <remarks>Every member is called with the lock of the channel held.</remarks>
internal sealed class Ring(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _first;

    public int Count { get; private set; }

    public int Room => _bytes.Length - Count;

    public bool IsEnded { get; private set; }

    public int Write(ReadOnlySpan<byte> data)
    {
        int count = IsEnded ? 0 : Math.Min(data.Length, Room);
        for (int i = 0; i < count; i++)
        {
            _bytes[(_first + Count++) % _bytes.Length] = data[i];
        }

        return count;
    }

    public int Read(Span<byte> buffer, bool isPeek)
    {
        int count = Math.Min(buffer.Length, Count);
        for (int i = 0; i < count; i++)
        {
            buffer[i] = _bytes[(_first + i) % _bytes.Length];
        }

        if (!isPeek)
        {
            _first = (_first + count) % _bytes.Length;
            Count -= count;
        }

        return count;
    }

    public void End() => IsEnded = true;
}
