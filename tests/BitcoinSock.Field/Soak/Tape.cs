namespace BitcoinSock.Field.Soak;

/// <summary>
/// What one direction of a connection carries: at every position a byte that follows from the seed
/// and the position alone, so that a byte lost, doubled, swapped or read too much is seen at once.
/// Terminators are strewn in.
/// </summary>
internal sealed class Tape(ulong seed)
{
    public const byte Terminator = (byte)'\n';

    private readonly byte _mask = seed % 2 == 0 ? (byte)0x7f : (byte)0xff; // text, or any bytes
    private readonly int _terminators = 1 << (int)(seed % 11 / 2); // 1 to 32 in 256 bytes

    /// <summary>Writes what is there from a position on.</summary>
    public void Copy(long position, Span<byte> to)
    {
        for (int i = 0; i < to.Length; )
        {
            int skipped = (int)((position + i) % 8);
            ulong word = Mix((ulong)(position + i) / 8) >> (8 * skipped);
            int end = Math.Min(i + 8 - skipped, to.Length);
            for (; i < end; i++, word >>= 8)
            {
                byte each = (byte)word;
                to[i] = each < _terminators ? Terminator : (byte)(each & _mask);
            }
        }
    }

    /// <summary>Where bytes differ from what is there from a position on; -1 if nowhere.</summary>
    public int Difference(long position, ReadOnlySpan<byte> bytes, Span<byte> scratch)
    {
        scratch = scratch[..bytes.Length];
        Copy(position, scratch);
        int common = scratch.CommonPrefixLength(bytes);
        return common == bytes.Length ? -1 : common;
    }

    // SplitMix64.
    private ulong Mix(ulong index)
    {
        ulong x = seed + (index * 0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
