using System.Buffers;

namespace BitcoinSock;

/// <summary>
/// A buffer writer on rented memory, which is wiped before it goes back: lines hold keys.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    // One for each thread is enough: an operation uses one at a time.
    [ThreadStatic]
    private static PooledBuffer? _idle;

    private byte[] _bytes = [];
    private int _written;

    private PooledBuffer() { }

    public static PooledBuffer Rent()
    {
        PooledBuffer rented = _idle ?? new PooledBuffer();
        _idle = null;
        return rented;
    }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _written);

    public void Advance(int count) => _written += count;

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = _written + Math.Max(sizeHint, 1);
        if (needed > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(
                Math.Max(needed, (int)Math.Min(2L * _bytes.Length, Array.MaxLength))
            );
            Written.CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        return _bytes.AsMemory(_written);
    }

    public void Dispose()
    {
        GiveBack();
        _bytes = [];
        _written = 0;
        _idle = this;
    }

    // All of it: a peek fills more than is then written.
    private void GiveBack() => ArrayPool<byte>.Shared.Return(_bytes, clearArray: true);
}
