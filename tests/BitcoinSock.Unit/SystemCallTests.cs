using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Jobs whose system calls are counted from outside, by <c>./build.sh calls</c>.</summary>
public class SystemCallTests
{
    [Fact]
    public void A_thousand_short_lines_that_are_there()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] lines = System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n"))
        );
        var sender = Background.Run(() => pair.Far.TrySendComplete(lines, Within.Long));
        Assert.True(sender.Join().IsOk);
        byte[] line = new byte[100];
        for (int i = 0; i < 1000; i++)
        {
            int length = pair.Near.RecvUntilTerminator((byte)'\n', line, Within.Long);
            Assert.Equal($"line {i}", System.Text.Encoding.ASCII.GetString(line, 0, length));
        }
    }
}
