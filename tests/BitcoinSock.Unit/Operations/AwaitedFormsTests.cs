using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The awaited forms over a Sock, each once.</summary>
public class AwaitedFormsTests
{
    private const byte Newline = (byte)'\n';

    [Fact]
    public async Task Two_buffers_and_a_sequence_arrive_as_one_text()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] header = "a head "u8.ToArray();
        byte[] payload = "and more\n"u8.ToArray();
        await pair.Near.SendCompleteAsync(header, payload, Within.Long);
        await pair.Near.SendCompleteAsync(Sequence(header, [], payload), Within.Long);
        pair.Near.SendComplete(Sequence([], header, payload, []), Within.Long);
        await pair.Near.SendCompleteAsync("größe\n", Within.Long);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("a head and more", await Line());
        }

        Assert.Equal("größe", await Line());

        ValueTask<string> Line() =>
            pair.Far.RecvUntilTerminatorAsync(Newline, Within.Long, default, 100);
    }

    [Fact]
    public async Task What_does_not_all_go_is_counted_whatever_it_is_sent_from()
    {
        using var pair = new Pair(PairKind.TcpByPoll);
        byte[] large = new byte[16 << 20];
        ReadOnlySequence<byte> sequence = Sequence(large, large);
        long sent = 0;
        SockOutcome[] outcomes =
        [
            await pair.Near.TrySendCompleteAsync(large, large, Within.Brief),
            await pair.Near.TrySendCompleteAsync(sequence, Within.Brief),
            pair.Near.TrySendComplete(sequence, Within.Brief),
        ];
        foreach (SockOutcome outcome in outcomes)
        {
            Assert.Equal(SockStatus.Timeout, outcome.Status);
            sent += outcome.Count;
        }

        Assert.Equal(sent, pair.DrainFar().Length);
        var failed = await Assert.ThrowsAsync<SockException>(async () =>
            await pair.Near.SendCompleteAsync(sequence, Within.Brief)
        );
        Assert.Equal(0, failed.Count);
    }

    [Property]
    public void Whatever_its_parts_a_sequence_is_sent_in_order(byte[][] parts, byte most)
    {
        byte[] whole = [.. parts.SelectMany(part => part)];
        var taken = new List<byte>();
        var sock = new Taking(taken, most % 7 + 1);
        SockOutcome outcome = sock.TrySendComplete(Sequence(parts), Within.Long);
        Assert.Equal(SockOutcome.Ok(whole.Length), outcome);
        Assert.Equal(whole, taken);
    }

    [Fact]
    public async Task A_task_that_is_cut_hands_back_what_it_received()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("half"u8);
        using var soon = new CancellationTokenSource(Within.Brief);
        (SockOutcome outcome, string? line, ReadOnlyMemory<byte> received) =
            await pair.Near.TryRecvUntilTerminatorAsync(Newline, Within.Long, soon.Token, 100);
        Assert.Equal(new SockOutcome(SockStatus.Interrupted, 4, 0), outcome);
        Assert.Null(line);
        Assert.Equal("half"u8, received.Span);

        pair.Arrive("whole\n"u8);
        (outcome, line, _) = await pair.Near.TryRecvUntilTerminatorAsync(
            Newline,
            Within.Long,
            default,
            100
        );
        Assert.Equal((SockOutcome.Ok(5), "whole"), (outcome, line));
    }

    [Fact]
    public async Task A_line_is_awaited_into_a_writer()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        var writer = new ArrayBufferWriter<byte>();
        ValueTask<int> line = pair.Near.RecvUntilTerminatorAsync(
            Newline,
            writer,
            Within.Long,
            default,
            100
        );
        pair.Arrive("line\nrest"u8);
        Assert.Equal(4, await line);
        Assert.Equal("line"u8, writer.WrittenSpan);
        Assert.Equal("rest"u8, pair.Near.Peek(9));
    }

    [Fact]
    public async Task A_listener_is_awaited_and_so_is_a_connect()
    {
        using Sock listener = SockForTests.Listen(out EndPoint address);
        (SockOutcome late, Sock? nobody, EndPoint? nowhere) = await listener.TryAcceptCompleteAsync(
            Within.Brief
        );
        Assert.Equal(SockStatus.Timeout, late.Status);
        Assert.Null(nobody);
        Assert.Null(nowhere);

        var accepting = listener.AcceptCompleteAsync(Within.Long);
        Assert.False(accepting.IsCompleted);
        using Sock client = Sock.Create(AddressFamily.InterNetwork);
        await client.ConnectCompleteAsync(address, Within.Long);
        (Sock accepted, EndPoint? peer) = await accepting;
        using Sock server = accepted;
        client.GetSockName(out EndPoint? own);
        Assert.Equal(own, peer);
        Assert.True(await client.IsConnectedAsync());
        Assert.Equal(SockOutcome.Ok(0), await client.TryIsConnectedAsync());
        server.Dispose();
        await client.WaitAsync(Within.Long, SockEvents.Recv);
        Assert.False(await client.IsConnectedAsync());
        Assert.Equal(SockStatus.Closed, client.TryIsConnected().Status);

        var cut = listener.AcceptCompleteAsync(Within.Long);
        listener.Dispose();
        var closed = await Assert.ThrowsAsync<SockException>(async () => await cut);
        Assert.Equal(NetworkError.BadHandle, closed.ErrorCode);
        using Sock other = Sock.Create(AddressFamily.InterNetwork);
        await Assert.ThrowsAsync<SockException>(async () =>
            await other.ConnectCompleteAsync(address, Within.Long)
        );
    }

    [Fact]
    public async Task Of_several_who_await_one_listener_each_gets_a_connection()
    {
        const int Many = 20;
        using Sock listener = SockForTests.Listen(out EndPoint address, backlog: Many);
        var accepting = Enumerable
            .Range(0, Many)
            .Select(_ => listener.AcceptCompleteAsync(Within.Long).AsTask())
            .ToList();
        var clients = new List<Sock>();
        for (int i = 0; i < Many; i++)
        {
            clients.Add(Sock.Create(AddressFamily.InterNetwork));
            await clients[i].ConnectCompleteAsync(address, Within.Long);
        }

        var peers = new HashSet<EndPoint?>();
        foreach (var each in accepting)
        {
            (Sock accepted, EndPoint? peer) = await each;
            Assert.True(peers.Add(peer));
            accepted.Dispose();
        }

        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Frames_are_awaited_one_by_one_or_together()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        var reader = new FrameReader(pair.Near, "\r\n"u8.ToArray(), 100);
        ValueTask<ReadOnlyMemory<byte>> first = reader.ReadAsync(Within.Long);
        Assert.False(first.IsCompleted);
        pair.Arrive("one\r\ntwo\r\nthree\r\nfour\r\nhalf"u8);
        ReadOnlyMemory<byte> one = await first;
        Assert.Equal("one"u8, one.Span);
        ReadOnlyMemory<byte> two = await reader.ReadAsync(Within.Long);
        Assert.Equal("two"u8, two.Span);
        var ranges = new Range[9];
        (int count, ReadOnlyMemory<byte> bytes) = await reader.ReadBatchAsync(ranges, Within.Long);
        Assert.Equal(2, count);
        Assert.Equal("three"u8, bytes[ranges[0]].Span);
        Assert.Equal("four"u8, bytes[ranges[1]].Span);

        (SockOutcome late, ReadOnlyMemory<byte> half) = await reader.TryReadAsync(Within.Brief);
        Assert.Equal(new SockOutcome(SockStatus.Timeout, 4, 0), late);
        Assert.Equal("half"u8, half.Span);
        pair.Far.Dispose();
        await Assert.ThrowsAsync<SockException>(async () => await reader.ReadAsync(Within.Long));
        await Assert.ThrowsAsync<SockException>(async () =>
            await reader.ReadBatchAsync(ranges, Within.Long)
        );
        (SockOutcome end, half) = await reader.TryReadAsync(Within.Long);
        Assert.Equal(new SockOutcome(SockStatus.Closed, 4, 0), end);
        Assert.Equal("half"u8, half.Span);
        await Assert.ThrowsAsync<ArgumentException>(async () =>
            await reader.TryReadBatchAsync(Memory<Range>.Empty, Within.Long)
        );
        await Assert.ThrowsAsync<NotSupportedException>(async () =>
            await new FrameReader(new ScriptedSock(), 1, 1).TryReadAsync(Within.Long)
        );
    }

    private static ReadOnlySequence<byte> Sequence(params byte[][] parts)
    {
        Segment? first = null;
        Segment? last = null;
        foreach (byte[] part in parts)
        {
            last = new Segment(part, last);
            first ??= last;
        }

        return first is null ? default : new(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] part, Segment? before)
        {
            Memory = part;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }

    /// <summary>Takes so many bytes at most, of both parts.</summary>
    private sealed class Taking(List<byte> taken, int most)
        : AlwaysReady,
            ISockSend,
            ISockSendVectored
    {
        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) =>
            Send(data, default, flags);

        public SockResult Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, SockFlags flags)
        {
            byte[] some = [.. first, .. second];
            int count = Math.Min(most, some.Length);
            taken.AddRange(some.AsSpan(0, count));
            return SockResult.Ok(count);
        }
    }
}
