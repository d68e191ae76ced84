using Xunit;

namespace BitcoinSock.Unit;

public class StreamSockProperties
{
    public enum Step
    {
        Recv,
        Peek,
        Wait,
        Unread,
    }

    [Property]
    public void It_gives_the_bytes_of_its_stream_in_order_whatever_is_peeked_or_taken_out(
        byte[] data,
        Cuts cuts,
        (Step, byte)[] steps
    )
    {
        using var sock = new StreamSock(new CuttingStream(data, cuts));
        int taken = 0;
        int shown = 0;
        foreach ((Step step, byte any) in steps)
        {
            byte[] buffer = new byte[1 + any % 30];
            SockFlags flags = step == Step.Peek ? SockFlags.Peek : SockFlags.None;
            switch (step)
            {
                case Step.Wait:
                    Assert.Equal(SockResult.Ok(1), Readable(sock));
                    break;
                case Step.Unread:
                    byte[] ahead = sock.Unread();
                    Assert.Equal(data[taken..(taken + ahead.Length)], ahead);
                    Assert.True(taken + ahead.Length >= shown);
                    taken += ahead.Length;
                    break;
                default:
                    Assert.Equal(SockResult.Ok(1), Readable(sock));
                    int count = sock.Recv(buffer, flags).Count;
                    Assert.Equal(data[taken..(taken + count)], buffer[..count]);
                    Assert.Equal(taken == data.Length, count == 0);
                    // A peek leaves the bytes there, so the next one sees as far.
                    Assert.True(taken + count >= Math.Min(shown, taken + buffer.Length));
                    shown = Math.Max(shown, taken + count);
                    taken += step == Step.Peek ? 0 : count;
                    break;
            }
        }
    }

    [Property]
    public void All_that_was_sent_has_gone_to_the_stream_when_it_is_disposed(byte[][] parts)
    {
        var stream = new MemoryStream();
        using (var sock = new StreamSock(stream, leaveOpen: true))
        {
            Array.ForEach(parts, part => sock.SendComplete(part, Within.Long));
        }

        Assert.Equal(parts.SelectMany(part => part), stream.ToArray());
    }

    private static SockResult Readable(StreamSock sock) =>
        sock.Wait(Within.Long, SockEvents.Recv, out _);

    /// <summary>Gives its bytes in pieces, and then the end.</summary>
    private sealed class CuttingStream(byte[] data, Cuts cuts) : MemoryStream
    {
        private int _calls;
        private int _given;

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            int count = Math.Min(Math.Min(buffer.Length, cuts.At(++_calls)), data.Length - _given);
            data.AsMemory(_given, count).CopyTo(buffer);
            _given += count;
            return new(count);
        }
    }
}
