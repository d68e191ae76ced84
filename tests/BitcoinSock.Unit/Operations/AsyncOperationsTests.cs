using System.Buffers;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The operations for those who await, held to those that block.</summary>
public class AsyncOperationsTests
{
    private const byte Newline = (byte)'\n';
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // What happens at the calls of one operation, and what ends it from outside.
    private static readonly Dictionary<string, Action<ScriptedSock, ThreadInterrupt>> Scripts =
        new()
        {
            ["all at once"] = (_, _) => { },
            ["a byte at a time"] = (sock, _) => sock.At(0, _ => SockResult.Ok(1)),
            ["an interrupt before"] = (_, interrupt) => interrupt.Interrupt(),
            ["nothing at first"] = (sock, _) => sock.At(1, _ => Nothing),
            ["nothing for some calls"] = (sock, _) => sock.At(0, n => n <= 3 ? Nothing : null),
            ["nothing in the middle"] = (sock, _) => sock.At(3, _ => Nothing, otherwise: 2),
            ["an error in the middle"] = (sock, _) => sock.At(3, _ => Failure, otherwise: 2),
            ["an end in the middle"] = (sock, _) => sock.At(5, _ => SockResult.Ok(0), otherwise: 1),
            ["time passes at each call"] = (sock, _) =>
                sock.At(
                    0,
                    _ =>
                    {
                        sock.Clock.Advance(Second / 10);
                        return SockResult.Ok(1);
                    }
                ),
            ["an interrupt in the middle"] = (sock, interrupt) =>
                sock.At(
                    3,
                    _ =>
                    {
                        interrupt.Interrupt();
                        return SockResult.Ok(1);
                    },
                    otherwise: 1
                ),
            ["nothing until the deadline"] = (sock, _) =>
            {
                sock.At(0, n => n == 1 ? SockResult.Ok(1) : Nothing);
                sock.OnWait = (_, slice) => sock.TimeOut(slice);
            },
            ["a wait that fails"] = (sock, _) =>
            {
                sock.At(0, n => n <= 2 ? SockResult.Ok(1) : Nothing);
                sock.OnWait = (n, _) =>
                    n == 3 ? Failure : SockResult.Fail(NetworkError.Interrupted);
            },
        };

    private static readonly SockResult Nothing = SockResult.Fail(NetworkError.WouldBlock);
    private static readonly SockResult Failure = SockResult.Fail(4711);

    public static TheoryData<string> Names => [.. Scripts.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task They_take_the_same_steps_to_the_same_end(string script)
    {
        foreach (int length in (int[])[0, 1, 7, 40])
        {
            foreach (double seconds in (double[])[0, 1])
            {
                TimeSpan timeout = Second * seconds;
                byte[] data = new byte[length];
                string line = new string('x', length) + "\nrest";
                await Same(
                    (sock, interrupt) => sock.TrySendComplete(data, timeout, interrupt),
                    (sock, interrupt) => sock.TrySendCompleteAsync(data, timeout, interrupt)
                );
                await Same(
                    (sock, interrupt) => sock.TryRecvComplete(data, timeout, interrupt),
                    (sock, interrupt) => sock.TryRecvCompleteAsync(data, timeout, interrupt),
                    line
                );
                byte[] room = new byte[30];
                await Same(
                    (sock, interrupt) =>
                        sock.TryRecvUntilTerminator(Newline, room, timeout, interrupt),
                    (sock, interrupt) =>
                        sock.TryRecvUntilTerminatorAsync(Newline, room, timeout, interrupt),
                    line
                );
            }
        }

        async Task Same(
            Func<ScriptedSock, CancellationToken, SockOutcome> blocking,
            Func<ISockAsync, CancellationToken, ValueTask<SockOutcome>> awaited,
            string incoming = ""
        )
        {
            var (one, other) = (new ScriptedSock(incoming), new ScriptedSock(incoming));
            var (stopOne, stopOther) = (new ThreadInterrupt(), new ThreadInterrupt());
            Scripts[script](one, stopOne);
            Scripts[script](other, stopOther);
            SockOutcome expected = blocking(one, stopOne);
            SockOutcome outcome = await awaited(new ScriptedAsync(other), stopOther);
            Assert.Equal(
                (expected, one.Sends, one.Recvs, one.Consumed),
                (outcome, other.Sends, other.Recvs, other.Consumed)
            );
            Assert.Equal(one.Waits, other.Waits);
        }
    }

    [Theory]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(6144)]
    [InlineData(200_000)]
    public async Task A_long_line_is_read_by_as_many_calls(int length)
    {
        string line = new('x', length);
        var (one, other) = (new ScriptedSock(line + "\nrest"), new ScriptedSock(line + "\nrest"));
        Assert.Equal(line, one.RecvUntilTerminator(Newline, Second, default, length + 1));
        Assert.Equal(
            line,
            await new ScriptedAsync(other).RecvUntilTerminatorAsync(
                Newline,
                Second,
                default,
                length + 1
            )
        );
        Assert.Equal((one.Recvs, one.Consumed), (other.Recvs, other.Consumed));

        var cut = new ScriptedSock(line + "\n");
        var failure = await Assert.ThrowsAsync<SockException>(async () =>
            await new ScriptedAsync(cut).RecvUntilTerminatorAsync(Newline, Second, default, length)
        );
        Assert.Equal(SockStatus.TooLong, failure.Status);
        Assert.Equal(Encoding.ASCII.GetBytes(line), failure.Received);
    }

    [Fact]
    public async Task A_line_goes_to_memory_or_to_a_writer_without_its_terminator()
    {
        var scripted = new ScriptedSock("one\ntwo\nhalf") { OnRecv = (_, _) => SockResult.Ok(2) };
        var sock = new ScriptedAsync(scripted);
        byte[] memory = new byte[9];
        Assert.Equal(3, await sock.RecvUntilTerminatorAsync(Newline, memory, Second));
        Assert.Equal("one\n"u8, memory[..4]);

        var writer = new ArrayBufferWriter<byte>();
        SockOutcome outcome = await sock.TryRecvUntilTerminatorAsync(
            Newline,
            writer,
            Second,
            default,
            9
        );
        Assert.Equal(SockOutcome.Ok(3), outcome);
        Assert.Equal("two"u8, writer.WrittenSpan);

        var failure = await Assert.ThrowsAsync<SockException>(async () =>
            await sock.RecvUntilTerminatorAsync(Newline, memory, TimeSpan.Zero)
        );
        Assert.Equal("ha"u8, failure.Received.Span);
    }

    [Fact]
    public async Task Each_throws_what_its_outcome_says()
    {
        ScriptedAsync Ended() => new(new ScriptedSock { OnRecv = (_, _) => SockResult.Ok(0) });
        ScriptedAsync Full() => new(new ScriptedSock { OnSend = (_, _) => SockResult.Ok(1) });
        var sent = await Assert.ThrowsAsync<SockException>(async () =>
            await Full().SendCompleteAsync("größe", TimeSpan.Zero)
        );
        Assert.Equal("Send timeout (sent only 1 of 7 bytes before that)", sent.Message);
        var received = await Assert.ThrowsAsync<SockException>(async () =>
            await Ended().RecvCompleteAsync(new byte[1], Second)
        );
        Assert.Equal(SockStatus.Closed, received.Status);
        received = await Assert.ThrowsAsync<SockException>(async () =>
            await Ended().RecvUntilTerminatorAsync(Newline, Second, default, 9)
        );
        Assert.Equal(SockStatus.Closed, received.Status);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_backend_that_takes_more_than_it_was_given_is_inconsistent(int more, bool ok)
    {
        var sock = new ScriptedSock();
        sock.OnSend = (n, asked) =>
            n == 1 ? SockResult.Ok(2)
            : n == 2 ? Nothing
            : SockResult.Ok(asked + more);
        SockOutcome outcome = await new ScriptedAsync(sock).TrySendCompleteAsync(
            new byte[5],
            Second
        );
        Assert.Equal(ok ? SockOutcome.Ok(5) : new(SockStatus.Inconsistent, 2, 0), outcome);
    }

    [Fact]
    public async Task Wrong_arguments_throw_before_anything_is_touched()
    {
        ISockAsync none = null!;
        await Refused(() => none.TrySendCompleteAsync(new byte[1], Second));
        await Refused(() => none.TryRecvCompleteAsync(new byte[1], Second));
        await Refused(() => none.TryRecvUntilTerminatorAsync(Newline, new byte[1], Second));
        var sock = new ScriptedSock("x\n");
        var some = new ScriptedAsync(sock);
        await Refused(() => some.TryRecvUntilTerminatorAsync(Newline, null!, Second, default, 9));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () =>
            await some.TryRecvUntilTerminatorAsync(
                Newline,
                new ArrayBufferWriter<byte>(),
                Second,
                default,
                -1
            )
        );
        Assert.Equal((0, 0), (sock.Recvs, sock.Sends));

        static Task Refused(Func<ValueTask<SockOutcome>> job) =>
            Assert.ThrowsAsync<ArgumentNullException>(async () => await job());
    }
}
