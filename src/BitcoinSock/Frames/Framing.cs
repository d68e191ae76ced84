namespace BitcoinSock;

/// <summary>
/// How a frame is recognised at the front of a stream: by its terminator, by a length in its
/// header, or by a class of the caller's with one method.
/// </summary>
public abstract class Framing
{
    /// <summary>How many bytes at the end of a frame are not handed out: its terminator.</summary>
    public virtual int TerminatorLength => 0;

    /// <summary>Frames that end in a byte.</summary>
    /// <param name="terminator">Any.</param>
    public static Framing EndsIn(byte terminator) => new OneByte(terminator);

    /// <summary>Frames that end in some bytes, such as CR LF.</summary>
    /// <param name="terminator">At least one.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Framing EndsIn(ReadOnlySpan<byte> terminator) =>
        terminator.Length switch
        {
            0 => throw new ArgumentException(
                "A terminator has at least one byte.",
                nameof(terminator)
            ),
            1 => new OneByte(terminator[0]),
            _ => new SeveralBytes(terminator.ToArray()),
        };

    /// <summary>
    /// Frames whose header has their length, an unsigned number. They are handed out with it.
    /// </summary>
    /// <param name="offset">How many bytes of the frame are before the number.</param>
    /// <param name="size">How many the number has, from 1 to 8.</param>
    /// <param name="added">
    /// How many bytes a frame has beside those that the number counts: 24 for Bitcoin's messages,
    /// where it counts what follows the header; 0 where it counts all. A frame is never shorter
    /// than up to the end of its number, whatever that says.
    /// </param>
    /// <param name="isBigEndian">Whether the first byte of the number is the highest.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is negative, or the size not from
    /// 1 to 8.</exception>
    public static Framing HasLength(int offset, int size, int added, bool isBigEndian = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, sizeof(ulong));
        ArgumentOutOfRangeException.ThrowIfNegative(added);
        return new LengthInHeader(offset, size, added, isBigEndian);
    }

    /// <summary>How long the frame is that begins at the front of some bytes.</summary>
    /// <param name="bytes">What is there of it, and of what follows it; at least one.</param>
    /// <param name="searched">
    /// How many of them the call before was given, which could not tell; 0 if this is the first for
    /// this frame.
    /// </param>
    /// <returns>
    /// The length of all of it, with header and terminator, which is more than
    /// <paramref name="searched"/>; 0 if these bytes do not tell it yet.
    /// </returns>
    /// <remarks>
    /// Who reads one frame at a time asks no more once a length was told, unless what told it is
    /// forgotten: so a cipher may go on in here. A batch may ask again of frames that it did not
    /// hand out.
    /// </remarks>
    public abstract long FindLength(ReadOnlySpan<byte> bytes, int searched);

    private sealed class OneByte(byte terminator) : Framing
    {
        public override int TerminatorLength => 1;

        public override long FindLength(ReadOnlySpan<byte> bytes, int searched)
        {
            int index = bytes[searched..].IndexOf(terminator);
            return index < 0 ? 0 : searched + index + 1;
        }
    }

    private sealed class SeveralBytes(byte[] terminator) : Framing
    {
        public override int TerminatorLength => terminator.Length;

        public override long FindLength(ReadOnlySpan<byte> bytes, int searched)
        {
            // It may have begun in what was searched before.
            int from = Math.Max(searched - (terminator.Length - 1), 0);
            int index = bytes[from..].IndexOf(terminator);
            return index < 0 ? 0 : from + index + terminator.Length;
        }
    }

    private sealed class LengthInHeader(int offset, int size, int added, bool isBigEndian) : Framing
    {
        private readonly long _end = (long)offset + size;

        public override long FindLength(ReadOnlySpan<byte> bytes, int searched)
        {
            if (bytes.Length < _end)
            {
                return 0;
            }

            ulong number = 0;
            for (int i = 0; i < size; i++)
            {
                number = (number << 8) | bytes[offset + (isBigEndian ? i : size - 1 - i)];
            }

            // What no reader could hold is as long as can be said.
            return number > (ulong)(long.MaxValue - added)
                ? long.MaxValue
                : Math.Max((long)number + added, _end);
        }
    }
}
