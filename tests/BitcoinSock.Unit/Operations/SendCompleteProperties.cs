using System.Net.Sockets;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public class SendCompleteProperties
{
    [Property]
    public void Two_buffers_go_in_order_and_once_wherever_calls_cut_them(
        byte[] header,
        byte[] payload,
        Cuts cuts,
        bool vectored
    )
    {
        CuttingSock sock = vectored ? new VectoredSock(cuts) : new CuttingSock(cuts);
        SockOutcome outcome = sock.TrySendComplete(header, payload, Within.Long);
        Assert.Equal(SockOutcome.Ok(header.Length + payload.Length), outcome);
        Assert.Equal([.. header, .. payload], sock.Sent);
    }

    [Property(40)]
    public void Of_one_try_the_peer_drains_what_was_counted_and_it_is_the_beginning(
        PairKind kind,
        Size length,
        byte[] some
    )
    {
        using var pair = new Pair(kind);
        pair.Near.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, 4096);
        byte[] data = new byte[length.Value];
        new Random(some.Length).NextBytes(data);
        SockOutcome first = pair.Near.TrySendComplete(some, TimeSpan.Zero);
        Assert.Equal(SockOutcome.Ok(some.Length), first);
        SockOutcome outcome = pair.Near.TrySendComplete(data, TimeSpan.Zero);
        Assert.Equal(
            outcome.Count == data.Length ? SockStatus.Ok : SockStatus.Timeout,
            outcome.Status
        );
        Assert.Equal([.. some, .. data[..outcome.Count]], pair.DrainFar());
    }

    [Property(100)]
    public void Texts_and_buffers_arrive_one_behind_the_other(PairKind kind, (bool, Letters)[] all)
    {
        using var pair = new Pair(kind);
        foreach ((bool asText, Letters each) in all)
        {
            SockOutcome outcome = asText
                ? pair.Near.TrySendComplete(each.Text, Within.Long)
                : pair.Near.TrySendComplete(each.Bytes, Within.Long);
            Assert.Equal(SockOutcome.Ok(each.Text.Length), outcome);
        }

        Assert.Equal(
            string.Concat(all.Select(each => each.Item2.Text)),
            Encoding.ASCII.GetString(pair.DrainFar())
        );
    }

    /// <summary>Takes what the cuts say, and keeps it.</summary>
    private class CuttingSock(Cuts cuts) : AlwaysReady, ISock
    {
        private readonly List<byte> _sent = [];
        private int _calls;

        public byte[] Sent => [.. _sent];

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
        {
            int count = Math.Min(data.Length, cuts.At(++_calls));
            _sent.AddRange(data[..count]);
            return SockResult.Ok(count);
        }

        public SockResult Recv(Span<byte> buffer, SockFlags flags) =>
            throw new NotSupportedException();
    }

    /// <summary>The same, of two buffers in one call.</summary>
    private sealed class VectoredSock(Cuts cuts) : CuttingSock(cuts), ISockSendVectored
    {
        public SockResult Send(
            ReadOnlySpan<byte> first,
            ReadOnlySpan<byte> second,
            SockFlags flags
        ) => Send([.. first, .. second], flags);
    }
}
