using System.Buffers.Binary;
using Xunit;

namespace BitcoinSock.Unit;

public class FramingTests
{
    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Framing.EndsIn(""u8));
        Assert.Throws<ArgumentOutOfRangeException>(() => Framing.HasLength(-1, 4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Framing.HasLength(0, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Framing.HasLength(0, 9, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Framing.HasLength(0, 4, -1));
    }

    [Property(400)]
    public void However_often_it_is_asked_a_terminator_is_found_where_it_ends(
        Letters text,
        Terminator terminator,
        Cuts cuts
    )
    {
        Framing framing = Framing.EndsIn(terminator.Bytes);
        int index = text.Text.IndexOf(terminator.Text, StringComparison.Ordinal);
        long expected = index < 0 ? 0 : index + terminator.Text.Length;
        int searched = 0;
        long length = 0;
        for (int call = 1; length == 0 && searched < text.Bytes.Length; call++)
        {
            int shown = Math.Min(searched + cuts.At(call), text.Bytes.Length);
            length = framing.FindLength(text.Bytes.AsSpan(0, shown), searched);
            searched = shown;
        }

        Assert.Equal(expected, length);
    }

    [Property(400)]
    public void A_length_is_read_wherever_it_stands_and_whatever_it_counts(
        byte before,
        uint number,
        bool isBigEndian,
        ushort added
    )
    {
        for (int size = 1; size <= 8; size++)
        {
            ulong value = size >= 4 ? number : number & ((1u << (8 * size)) - 1);
            byte[] whole = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
            byte[] field = whole[..size];
            if (isBigEndian)
            {
                field.AsSpan().Reverse();
            }

            byte[] header = [.. new byte[before], .. field];
            Framing framing = Framing.HasLength(before, size, added, isBigEndian);
            Assert.Equal(0, framing.FindLength(header.AsSpan(..^1), 0));
            long expected = Math.Max((long)value + added, header.Length);
            Assert.Equal(expected, framing.FindLength(header, header.Length - 1));
            Assert.Equal(expected, framing.FindLength([.. header, 1, 2, 3], 0));
        }
    }

    [Fact]
    public void A_length_that_no_number_holds_is_the_longest()
    {
        byte[] most = [.. Enumerable.Repeat<byte>(255, 8)];
        Assert.Equal(long.MaxValue, Framing.HasLength(0, 8, 0).FindLength(most, 0));
        BinaryPrimitives.WriteInt64BigEndian(most, long.MaxValue - 3);
        Framing framing = Framing.HasLength(0, 8, added: 5, isBigEndian: true);
        Assert.Equal(long.MaxValue, framing.FindLength(most, 0));
    }

    [Fact]
    public void One_that_contradicts_itself_is_told_and_nothing_is_lost()
    {
        var sock = new ScriptedSock("abc");
        using var reader = new FrameReader(sock, new Backwards(), 100);
        Assert.Throws<InvalidOperationException>(() => reader.TryRead(out _, Within.Long));
        Assert.Equal(0, sock.Consumed);
    }

    [Fact]
    public void One_whose_terminator_is_longer_than_its_frame_is_told_and_nothing_is_lost()
    {
        var sock = new ScriptedSock("\n");
        using var reader = new FrameReader(sock, new ShorterThanItsEnd(), 100);
        Assert.Throws<InvalidOperationException>(() => reader.TryRead(out _, Within.Long));
        Assert.Equal(0, sock.Consumed);
    }

    private sealed class ShorterThanItsEnd : Framing
    {
        public override int TerminatorLength => 2;

        public override long FindLength(ReadOnlySpan<byte> bytes, int searched) => 1;
    }

    private sealed class Backwards : Framing
    {
        public override long FindLength(ReadOnlySpan<byte> bytes, int searched) => -1;
    }
}
