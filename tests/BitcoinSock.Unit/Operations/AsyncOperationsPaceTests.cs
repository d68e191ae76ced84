using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>When operations pause while they await, and where they go on.</summary>
public class AsyncOperationsPaceTests
{
    private const byte Newline = (byte)'\n';
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly SockResult Nothing = SockResult.Fail(NetworkError.WouldBlock);

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Awaiting_in_vain_is_paused_after(int inVain, bool pauses)
    {
        Assert.Equal(
            pauses,
            GoesOnElsewhere(inVain, sock => sock.SendCompleteAsync("x", Second).AsTask())
        );
        Assert.Equal(
            pauses,
            GoesOnElsewhere(
                inVain,
                sock => sock.SendCompleteAsync("x", Second).AsTask(),
                SockResult.Ok(0) // none taken
            )
        );
        Assert.Equal(
            pauses,
            GoesOnElsewhere(inVain, sock => sock.RecvCompleteAsync(new byte[4], Second).AsTask())
        );
        Assert.Equal(
            pauses,
            GoesOnElsewhere(
                inVain,
                sock => sock.RecvUntilTerminatorAsync(Newline, new byte[9], Second).AsTask()
            )
        );
    }

    // Without a pause all of it happens at once, so in the thread that began it. A busy machine may
    // let a pause be over before it is awaited, but not each time.
    private static bool GoesOnElsewhere(
        int inVain,
        Func<ISockAsync, Task> job,
        SockResult? vain = null
    ) => Enumerable.Range(0, 5).Any(_ => GoesOnElsewhereOnce(inVain, job, vain));

    private static bool GoesOnElsewhereOnce(
        int inVain,
        Func<ISockAsync, Task> job,
        SockResult? vain
    )
    {
        var sock = new ScriptedSock("line\n");
        int thread = 0;
        sock.At(
            0,
            n =>
            {
                thread = Environment.CurrentManagedThreadId;
                return n <= inVain ? vain ?? Nothing : null;
            }
        );
        return Background
            .Run(() =>
            {
                job(new ScriptedAsync(sock)).Wait();
                return thread != Environment.CurrentManagedThreadId;
            })
            .Join();
    }

    [Fact]
    public void Progress_while_awaiting_is_not_paused_after()
    {
        var sock = new ScriptedSock { OnSend = (n, _) => n % 2 == 1 ? Nothing : SockResult.Ok(1) };
        ValueTask<SockOutcome> sending = new ScriptedAsync(sock).TrySendCompleteAsync(
            new byte[20],
            Second
        );
        Assert.True(sending.IsCompletedSuccessfully);
        Assert.Equal(20, sock.Waits);
    }

    [Fact]
    public async Task Reads_of_a_stream_pause_too_and_end_with_a_wait_that_fails()
    {
        var sock = new ScriptedSock("line\n");
        sock.At(0, n => n <= 9 ? Nothing : null);
        Stream stream = new ScriptedAsync(sock).AsStream();
        ValueTask<int> reading = stream.ReadAsync(new byte[9], default);
        Assert.False(reading.IsCompleted);
        Assert.Equal("line\n".Length, await reading);

        sock.At(0, _ => Nothing);
        sock.OnWait = (_, _) => SockResult.Fail(SocketError.ConnectionReset);
        var failed = await Assert.ThrowsAsync<SockException>(async () =>
            await stream.ReadExactlyAsync(new byte[9], TestContext.Current.CancellationToken)
        );
        Assert.Equal(NetworkError.NativeCode(SocketError.ConnectionReset), failed.ErrorCode);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4, false)] // the fourth is paused after, which is the first to take time
    public async Task They_do_not_come_back_to_the_context_they_began_in(int inVain, bool takesTime)
    {
        var elsewhere = new ForbiddenContext();
        Task[] all = elsewhere.Begin<Task[]>(() =>
            [
                Vain(inVain).SendCompleteAsync("data", Second).AsTask(),
                Vain(inVain).RecvCompleteAsync(new byte[4], Second).AsTask(),
                Vain(inVain).RecvUntilTerminatorAsync(Newline, new byte[9], Second).AsTask(),
                Vain(inVain).RecvUntilTerminatorAsync(Newline, Second, default, 9).AsTask(),
                Vain(inVain).AsStream().ReadAsync(new byte[4], default).AsTask(),
            ]
        );
        await Task.WhenAll(all).WaitAsync(Within.Long, TestContext.Current.CancellationToken);
        Assert.Equal(0, elsewhere.Posts);

        ScriptedAsync Vain(int calls)
        {
            var sock = new ScriptedSock("line\n");
            sock.At(0, n => n <= calls ? Nothing : null);
            return new ScriptedAsync(sock) { TakesTime = takesTime };
        }
    }
}
