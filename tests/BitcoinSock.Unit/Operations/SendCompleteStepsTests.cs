using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>Which calls SendComplete makes, and which it does not.</summary>
public class SendCompleteStepsTests
{
    [Fact]
    public void Two_buffers_are_one_call_where_that_can_be_and_one_is_always_a_plain_one()
    {
        var sock = new Counting();
        sock.SendComplete("header"u8, "payload"u8, Within.Long);
        Assert.Equal((1, 1), (sock.Calls, sock.CallsOfTwo));
        sock.SendComplete("header"u8, default, Within.Long);
        sock.SendComplete(default, "payload"u8, Within.Long);
        Assert.Equal((3, 1), (sock.Calls, sock.CallsOfTwo));
    }

    [Fact]
    public void Together_they_are_no_more_than_an_operation_can_count()
    {
        // Only their lengths are looked at.
        byte one = 1;
        ReadOnlySpan<byte> most = MemoryMarshal.CreateReadOnlySpan(in one, int.MaxValue - 1);
        var sock = new ScriptedSock();
        Assert.Equal(SockOutcome.Ok(int.MaxValue), sock.TrySendComplete(most, "1"u8, Within.Long));
        Assert.Equal(2, sock.Sends);
        Assert.Throws<ArgumentException>(
            "payload",
            () =>
            {
                ReadOnlySpan<byte> more = MemoryMarshal.CreateReadOnlySpan(in one, int.MaxValue);
                sock.TrySendComplete(more, "1"u8, Within.Long);
            }
        );
        Assert.Equal(2, sock.Sends);
    }

    [Fact]
    public void It_asks_for_no_signal_and_not_to_block()
    {
        var sock = new ScriptedSock();
        sock.SendComplete("data", Within.Long);
        Assert.Equal(SockFlags.NoSignal | SockFlags.DontWait, sock.LastFlags);
    }

    [Fact]
    public void No_text_is_refused()
    {
        string none = null!;
        var sock = new ScriptedSock();
        Assert.Throws<ArgumentNullException>(() => sock.SendComplete(none, Within.Long));
        Assert.Throws<ArgumentNullException>(() => sock.TrySendComplete(none, Within.Long));
    }

    /// <summary>Takes everything, of one buffer or of two.</summary>
    private sealed class Counting : ISock, ISockSendVectored
    {
        public int Calls { get; private set; }

        public int CallsOfTwo { get; private set; }

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
        {
            Calls++;
            return SockResult.Ok(data.Length);
        }

        public SockResult Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SockFlags flags)
        {
            Calls++;
            CallsOfTwo++;
            return SockResult.Ok(first.Length + second.Length);
        }

        public SockResult Recv(Span<byte> buffer, SockFlags flags) =>
            throw new NotSupportedException();

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        ) => throw new NotSupportedException();
    }
}
