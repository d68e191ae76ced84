using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Jobs whose system calls are counted from outside, by <c>./build.sh calls</c>.</summary>
public class SystemCallTests
{
    // Fewer bytes than any unix socket holds at once.
    private const int Lines = 400;
    private const byte Newline = (byte)'\n';

    [Fact]
    public void Lines_that_are_there_one_by_one()
    {
        using Pair pair = WithLines();
        var line = new byte[300].AsSpan();
        for (int i = 0; i < Lines; i++)
        {
            int length = pair.Near.RecvUntilTerminator(Newline, line, Within.Long);
            Assert.Equal(Line(i), line[..(length + 1)]);
        }
    }

    [Fact]
    public void Lines_that_are_there_by_a_reader()
    {
        using Pair pair = WithLines();
        var reader = new FrameReader(pair.Near, Newline, 300);
        for (int i = 0; i < Lines; i++)
        {
            Assert.Equal(Line(i).AsSpan()[..^1], reader.Read(Within.Long));
        }
    }

    [Fact]
    public void Lines_that_are_there_in_batches()
    {
        using Pair pair = WithLines();
        var reader = new FrameReader(pair.Near, Newline, 300);
        var frames = new Range[Lines];
        for (int i = 0; i < Lines; )
        {
            FrameBatch batch = reader.ReadBatch(frames, Within.Long);
            for (int j = 0; j < batch.Count; j++)
            {
                Assert.Equal(Line(i++).AsSpan()[..^1], batch[j]);
            }
        }
    }

    [Fact]
    public void Lines_that_are_there_deferred()
    {
        using Pair pair = WithLines();
        using var reader = new FrameReader(pair.Near, Newline, 300) { IsDeferred = true };
        for (int i = 0; i < Lines; i++)
        {
            Assert.Equal(Line(i).AsSpan()[..^1], reader.Read(Within.Long));
        }
    }

    [Fact]
    public void Messages_of_header_and_payload()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] message = new byte[24 + 100];
        for (int i = 0; i < Lines; i++)
        {
            pair.Near.SendComplete(message.AsSpan(0, 24), message.AsSpan(24), Within.Long);
            pair.Far.RecvComplete(message, Within.Long);
        }
    }

    private static Pair WithLines()
    {
        var pair = new Pair(PairKind.UnixByPoll);
        byte[] lines = [.. Enumerable.Range(0, Lines).SelectMany(Line)];
        Assert.True(pair.Far.TrySendComplete(lines, Within.Long).IsOk);
        return pair;
    }

    // 256 bytes.
    private static byte[] Line(int number) => Encoding.ASCII.GetBytes($"{number, -255}\n");
}
