using System.Buffers;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What RecvUntilTerminator makes of what its calls say, one by one.</summary>
public class RecvUntilTerminatorStepsTests
{
    private const byte Newline = (byte)'\n';

    [Fact]
    public void A_window_grows_to_64_Ki_and_no_further()
    {
        var sock = new ScriptedSock(new string('x', 500_000) + "\n");
        sock.RecvUntilTerminator(Newline, Within.Long, default, 1_000_000);
        // Six windows up to 64 Ki hold 126 Ki, six more of 64 Ki the rest.
        Assert.Equal(24, sock.Recvs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_window_that_was_not_filled_does_not_grow(bool awaited)
    {
        string text = string.Concat(Enumerable.Range(0, 10_000).Select(i => (char)('a' + i % 26)));
        var sock = new ScriptedSock(text + "\n");
        List<int> asked = [];
        sock.OnRecv = (n, most) =>
        {
            asked.Add(most);
            return SockResult.Ok(n <= 20 ? 1 : most);
        };
        byte[] line = new byte[20_000];
        int length = awaited
            ? await new ScriptedAsync(sock).RecvUntilTerminatorAsync(Newline, line, Within.Long)
            : sock.RecvUntilTerminator(Newline, line, Within.Long);
        Assert.Equal(text, Encoding.ASCII.GetString(line, 0, length));
        Assert.Equal([2048, 2048, 4096, 4096, 3847, 3847], asked[20..]);
    }

    [Fact]
    public void A_long_line_is_read_without_garbage()
    {
        const int Rounds = 10;
        const int SmallestWindow = 4096;
        byte[] line = new byte[100_000];
        string incoming = new string('x', 90_000) + "\n";
        long ReadSome()
        {
            long allocated = 0;
            for (int round = 0; round < Rounds; round++)
            {
                var sock = new ScriptedSock(incoming);
                long before = GC.GetAllocatedBytesForCurrentThread();
                sock.RecvUntilTerminator(Newline, line, Within.Long);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            }

            return allocated;
        }

        ReadSome();
        Assert.InRange(ReadSome(), 0, Rounds * SmallestWindow - 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_line_that_is_too_long_is_so_whatever_the_clock_says(bool awaited)
    {
        var sock = new ScriptedSock("too long\n");
        sock.OnRecv = (_, asked) =>
        {
            sock.Clock.Advance(Within.Long);
            return SockResult.Ok(asked);
        };
        byte[] line = new byte[8];
        SockOutcome outcome = awaited
            ? await new ScriptedAsync(sock).TryRecvUntilTerminatorAsync(Newline, line, Within.Long)
            : sock.TryRecvUntilTerminator(Newline, line, Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.TooLong, 8, 0), outcome);
    }

    [Fact]
    public void The_forms_that_throw_do_so_with_what_they_know()
    {
        var sock = new ScriptedSock("half");
        var failure = Assert.Throws<SockException>(() =>
            sock.RecvUntilTerminator(Newline, new byte[9], TimeSpan.Zero)
        );
        Assert.Equal((SockStatus.Timeout, 4), (failure.Status, failure.Count));
        Assert.Equal("half"u8, failure.Received.Span);

        // What goes to a writer is there already.
        sock = new ScriptedSock("half");
        var writer = new ArrayBufferWriter<byte>();
        failure = Assert.Throws<SockException>(() =>
            sock.RecvUntilTerminator(Newline, writer, TimeSpan.Zero, default, 9)
        );
        Assert.Equal((SockStatus.Timeout, 4), (failure.Status, failure.Count));
        Assert.True(failure.Received.IsEmpty);
        Assert.Equal("half"u8, writer.WrittenSpan);
    }

    [Fact]
    public void A_take_may_be_of_less_than_was_seen_but_not_of_more()
    {
        var less = new ScriptedSock("line\n");
        less.OnRecv = (n, asked) => SockResult.Ok(n % 2 == 1 ? asked : 1);
        Assert.Equal("line", less.RecvUntilTerminator(Newline, Within.Long, default, 9));

        var more = new TwoCalls("line\n"u8.ToArray()) { More = 1 };
        Assert.Equal(
            new SockOutcome(SockStatus.Inconsistent, 0, 0),
            more.TryRecvUntilTerminator(Newline, new byte[9], Within.Long)
        );
    }

    [Fact]
    public void Two_calls_are_enough_to_read_lines_from()
    {
        var sock = new TwoCalls("one\ntwo\n"u8.ToArray());
        Assert.Equal("one", sock.RecvUntilTerminator(Newline, Within.Long, default, 9));
        byte[] line = new byte[9];
        Assert.Equal(3, sock.RecvUntilTerminator(Newline, line, Within.Long));
        Assert.Equal("two\n"u8, line[..4]);
        Assert.False(sock.IsConnected(out _));
    }

    /// <summary>No more than reading needs; it ends behind its bytes.</summary>
    private sealed class TwoCalls(byte[] incoming) : ISockRecv, ISockWait
    {
        private int _read;

        /// <summary>How many bytes too many it says to have read.</summary>
        public int More { get; init; }

        public SockResult Recv(Span<byte> buffer, SockFlags flags)
        {
            int count = Math.Min(buffer.Length, incoming.Length - _read);
            incoming.AsSpan(_read, count).CopyTo(buffer);
            bool isPeek = flags.HasFlag(SockFlags.Peek);
            _read += isPeek ? 0 : count;
            return SockResult.Ok(isPeek ? count : count + More);
        }

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        ) => throw new NotSupportedException();
    }
}
