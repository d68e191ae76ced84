using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace BitcoinSock;

/// <summary>
/// A line of text on rented memory, which is wiped before it goes back: lines hold keys. Where it
/// cannot grow it offers the room that is left, at the end none: who fills it ends there, with all
/// that was written before.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    /// <summary>The longest string that there can be, in chars; a byte is one at most.</summary>
    public const int LongestText = 0x3FFF_FFDF;

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

    /// <summary>One that holds what is to be sent.</summary>
    /// <param name="text">The text.</param>
    /// <param name="encoding">How it is encoded.</param>
    /// <param name="length">How many bytes that makes.</param>
    public static PooledBuffer Of(string text, Encoding encoding, int length)
    {
        PooledBuffer rented = Rent();
        rented._bytes = ArrayPool<byte>.Shared.Rent(length);
        rented._written = encoding.GetBytes(text, rented._bytes);
        return rented;
    }

    public ReadOnlySpan<byte> Written => WrittenMemory.Span;

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _written);

    public void Advance(int count) => _written += count;

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int length = Grown(_bytes.Length, (long)_written + Math.Max(sizeHint, 1));
        if (length > _bytes.Length && TryRent(length) is byte[] larger)
        {
            Written.CopyTo(larger);
            GiveBack();
            _bytes = larger;
        }

        return _bytes.AsMemory(_written);
    }

    /// <summary>How long a buffer becomes that must hold so much.</summary>
    internal static int Grown(int length, long needed)
    {
        const int Most = LongestText + 1; // and a terminator
        return needed <= length ? length : (int)Math.Min(Math.Max(needed, 2L * length), Most);
    }

    /// <summary>The text; null if it is no UTF-8, or memory has no room for it.</summary>
    public string? ToText()
    {
        try
        {
            return Utf8.IsValid(Written) ? Encoding.UTF8.GetString(Written) : null;
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>
    /// What was written, to keep: a copy, or the memory itself where there is no room for both.
    /// </summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        try
        {
            return Written.ToArray();
        }
        catch (OutOfMemoryException)
        {
            ReadOnlyMemory<byte> kept = _bytes.AsMemory(0, _written);
            (_bytes, _written) = ([], 0);
            return kept;
        }
    }

    public void Dispose()
    {
        GiveBack();
        _bytes = [];
        _written = 0;
        _idle = this;
    }

    private static byte[]? TryRent(int length)
    {
        try
        {
            return ArrayPool<byte>.Shared.Rent(length);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    // All of it: a peek fills more than is then written.
    private void GiveBack() => ArrayPool<byte>.Shared.Return(_bytes, clearArray: true);
}
