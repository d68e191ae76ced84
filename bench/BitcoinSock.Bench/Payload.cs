using System.Buffers.Binary;

namespace BitcoinSock.Bench;

/// <summary>
/// Frames to read, some bytes sent over and over, and the truth about them, for the check that
/// every method has to pass.
/// </summary>
internal sealed class Payload
{
    public const byte Terminator = (byte)'\n';

    public const int MessageHeader = 24;
    public const int MessageLengthOffset = 16;

    public const int KiB = 1024;
    public const int MiB = 1024 * KiB;

    private const int Seed = 20090103;

    private static readonly Framing Lines = Framing.EndsIn(Terminator);

    private readonly byte[] _bytes;
    private readonly int _length;
    private readonly int _times;

    private Payload(string name, Framing framing, byte[] bytes, int length, int times)
    {
        (Name, Framing, _bytes, _length, _times) = (name, framing, bytes, length, times);
        long frames = 0;
        for (ReadOnlySpan<byte> rest = Bytes; !rest.IsEmpty; frames++)
        {
            int frame = (int)framing.FindLength(rest, searched: 0);
            LongestFrame = Math.Max(LongestFrame, frame);
            rest = rest[frame..];
        }

        Total = new Tally(frames * times, (long)length * times);
    }

    public string Name { get; }

    public Framing Framing { get; }

    /// <summary>What is to be read, of all repetitions.</summary>
    public Tally Total { get; }

    /// <summary>The length of the longest frame, with its terminator.</summary>
    public int LongestFrame { get; }

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Random bytes: one in 256 is the terminator, on average.</summary>
    public static Payload Random(int length)
    {
        byte[] bytes = RandomBytes(length);
        bytes[^1] = Terminator;
        return new Payload("frames of 256 bytes on average", Lines, bytes, length, 1);
    }

    /// <summary>Random bytes, and a terminator as the last of each frame.</summary>
    public static Payload Fixed(int length, int frame)
    {
        byte[] bytes = RandomBytes(length);
        bytes.AsSpan().Replace(Terminator, (byte)0);
        for (int end = frame; end <= length; end += frame)
        {
            bytes[end - 1] = Terminator;
        }

        return new Payload($"frames of {Size(frame)}", Lines, bytes, length / frame * frame, 1);
    }

    /// <summary>Bitcoin's messages, of 61 to 300 bytes: an inv of one, and up to a tx.</summary>
    public static Payload Messages(int length)
    {
        const int Shortest = 61;
        const int Longest = 300;
        byte[] bytes = RandomBytes(length);
        var random = new Random(Seed);
        int end = 0;
        for (int next; length - end >= Longest; end += next)
        {
            next = random.Next(Shortest, Longest + 1);
            Span<byte> number = bytes.AsSpan(end + MessageLengthOffset, sizeof(int));
            BinaryPrimitives.WriteInt32LittleEndian(number, next - MessageHeader);
        }

        var framing = Framing.HasLength(MessageLengthOffset, sizeof(int), MessageHeader);
        return new Payload("messages of 61 to 300 bytes", framing, bytes, end, 1);
    }

    /// <summary>The same frames from the beginning, about so much of them.</summary>
    public Payload Part(int divisor)
    {
        int rest = Bytes[(_length / divisor)..].IndexOf(Terminator) + 1;
        return new Payload(Name, Framing, _bytes, _length / divisor + rest, _times);
    }

    public Payload Repeat(int times) => new(Name, Framing, _bytes, _length, times);

    public void Feed(Sock sock) => Native.Feed(sock, Bytes, _times);

    /// <summary>1048576 as "1 MiB".</summary>
    public static string Size(long bytes) =>
        bytes % MiB == 0 ? $"{bytes / MiB} MiB"
        : bytes % KiB == 0 ? $"{bytes / KiB} KiB"
        : $"{bytes} bytes";

    // Without '\r', which also ends a line for StreamReader.ReadLine: all methods have to find the
    // same frames.
    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(Seed).NextBytes(bytes);
        bytes.AsSpan().Replace((byte)'\r', (byte)0);
        return bytes;
    }
}
