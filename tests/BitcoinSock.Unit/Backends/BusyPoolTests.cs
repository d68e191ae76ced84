using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What blocks needs no thread of the pool, and what is awaited holds none.</summary>
public class BusyPoolTests
{
    private const int Threads = 4;

    [Fact]
    public void With_every_thread_of_the_pool_busy_what_blocks_ends_as_if_it_were_idle() =>
        Fresh.Process(BlockWithoutPool);

    private static void BlockWithoutPool()
    {
        using var mayEnd = new ManualResetEventSlim();
        Fill(mayEnd);
        using var pair = new Pair(PairKind.TcpByPoll);
        using Sock listener = SockForTests.Listen(out EndPoint address);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var managed = new ManagedSock(socket);
        Assert.True(managed.TryConnectComplete(address, Within.Long).IsOk);
        using Sock server = listener.AcceptComplete(Within.Long);
        var sender = Background.Run(() => server.TrySendComplete("line\n", Within.Long));
        Assert.Equal("line", managed.RecvUntilTerminator(10, Within.Long, default, 9));
        Assert.True(sender.Join().IsOk);
        Assert.Equal(SockStatus.Timeout, managed.TryRecvComplete(new byte[1], Within.Brief).Status);
        pair.Arrive("line\n"u8);
        Assert.Equal("line", pair.Near.RecvUntilTerminator(10, Within.Long, default, 9));

        // A stream's own reads are its own business; a deadline over them, and an interrupt, not.
        using var stream = new StreamSock(new GatedStream());
        Assert.Equal(SockStatus.Timeout, stream.TryRecvComplete(new byte[1], Within.Brief).Status);
        var interrupt = new ThreadInterrupt();
        var blocked = Background.Run(() =>
            stream.TryRecvComplete(new byte[1], Timeout.InfiniteTimeSpan, interrupt)
        );
        blocked.UntilBlocked();
        interrupt.Interrupt();
        Assert.Equal(SockStatus.Interrupted, blocked.Join().Status);
        Assert.False(mayEnd.IsSet);
        mayEnd.Set();
    }

    [Fact]
    public void Reads_of_a_stream_over_a_Sock_that_wait_hold_no_thread_of_the_pool() =>
        Fresh.Process(ManyReadsWithFewThreads);

    private static void ManyReadsWithFewThreads()
    {
        ThreadPool.SetMinThreads(1, 1);
        Assert.True(ThreadPool.SetMaxThreads(Threads, Threads));
        const int Many = 30;
        var pairs = Enumerable.Range(0, Many).Select(_ => new Pair(PairKind.UnixByPoll)).ToList();
        byte[] byteEach = new byte[Many];
        Task<int>[] reads =
        [
            .. pairs.Select(
                (pair, i) => pair.Near.AsStream().ReadAsync(byteEach.AsMemory(i, 1)).AsTask()
            ),
        ];
        // They all wait, and the pool is free: the last one is served first.
        for (int i = Many - 1; i >= 0; i--)
        {
            pairs[i].Arrive((byte)i);
            Assert.True(reads[i].Wait(Within.Long, CancellationToken.None));
            Assert.Equal(i, byteEach[i]);
        }
    }

    [Fact]
    public async Task A_StreamSock_on_an_exclusive_scheduler_does_not_wait_for_itself()
    {
        var exclusive = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var stream = new GatedStream(); // it goes on where it began
        using var sock = new StreamSock(stream);
        Task<SockOutcome> job = Task.Factory.StartNew(
            () => sock.TryRecvComplete(new byte[1], Within.Long),
            CancellationToken.None,
            TaskCreationOptions.None,
            exclusive
        );
        stream.Arrive();
        Assert.Equal(SockOutcome.Ok(1), await job);
    }

    private static void Fill(ManualResetEventSlim mayEnd)
    {
        ThreadPool.SetMinThreads(1, 1);
        Assert.True(ThreadPool.SetMaxThreads(Threads, Threads));
        using var busy = new CountdownEvent(Threads);
        for (int i = 0; i < Threads; i++)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                busy.Signal();
                mayEnd.Wait();
            });
        }

        busy.Wait();
    }
}
