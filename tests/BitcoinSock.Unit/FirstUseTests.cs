using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// The library's first use, and the first use of each operation: each in a process of its own.
/// </summary>
public partial class FirstUseTests
{
    private const byte Newline = (byte)'\n';

    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(20);

    public static bool CanLimitDescriptors => OperatingSystem.IsLinux();

    [Fact(Skip = "it is by Linux's calls", SkipUnless = nameof(CanLimitDescriptors))]
    public void Every_operation_ends_as_it_should_though_no_descriptor_is_left() =>
        Fresh.Process(OperateWithoutDescriptors);

    private static void OperateWithoutDescriptors()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        (Sock left, Sock gone) = Sock.CreatePair();
        Sock listener = Sock.Create(AddressFamily.InterNetwork);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.GetSockName(out EndPoint? nobody);
        Sock refused = Sock.Create(AddressFamily.InterNetwork);
        Sock unconnected = Sock.Create(AddressFamily.InterNetwork);
        var poller = new SockPoller();
        var fired = new CancellationToken(canceled: true);
        byte[] buffer = new byte[9];
        var wrong = new List<string>();
        using (new NoDescriptors())
        {
            Is(SockStatus.Timeout, () => near.TryRecvComplete(buffer, TimeSpan.Zero));
            Is(SockStatus.Timeout, () => near.TryRecvComplete(buffer, Brief));
            Is(SockStatus.Interrupted, () => near.TryRecvComplete(buffer, Within.Long, fired));
            Is(SockStatus.Timeout, () => near.TryRecvUntilTerminator(Newline, buffer, Brief));
            Is(SockStatus.Timeout, () => Text(near));
            Is(SockStatus.Timeout, () => ToWriter(near));
            Is(SockStatus.Timeout, () => new FrameReader(near, Newline, 9).TryRead(out _, Brief));
            Is(SockStatus.Ok, () => far.TrySendComplete("a\nb\nc\nd\ne\n\xff\n", Within.Long));
            Is(SockStatus.Ok, () => far.TrySendComplete("f"u8, [0xff, Newline], Within.Long));
            Is(SockStatus.Ok, () => near.TryRecvUntilTerminator(Newline, buffer, Within.Long));
            Is(SockStatus.Ok, () => Text(near));
            Is(SockStatus.Ok, () => ToWriter(near));
            var reader = new FrameReader(near, Newline, 9);
            Is(SockStatus.Ok, () => reader.TryRead(out _, Within.Long));
            Is(SockStatus.Ok, () => reader.TryReadBatch(new Range[2], out _, Within.Long));
            Is(SockStatus.InvalidText, () => Text(near));
            Is(SockStatus.Ok, () => far.TrySendComplete(new byte[9999], Within.Long));
            reader = new FrameReader(near, Newline, 9);
            Is(SockStatus.TooLong, () => reader.TryRead(out _, Within.Long));
            Is(SockStatus.TooLong, () => near.TryRecvUntilTerminator(Newline, buffer, Within.Long));
            Is(SockStatus.TooLong, () => Text(near));
            Is(SockStatus.Timeout, () => near.TrySendComplete(new byte[9_999_999], Brief));
            gone.Dispose();
            Is(SockStatus.Closed, () => left.TryRecvComplete(buffer, Within.Long));
            Is(SockStatus.Failed, () => left.TrySendComplete(buffer, Within.Long));
            Is(SockStatus.Failed, () => new Sock().TryRecvComplete(buffer, Within.Long));
            Is(SockStatus.Failed, () => refused.TryConnectComplete(nobody!, Within.Long));
            Is(SockStatus.Timeout, () => new Liar().TryRecvComplete(buffer, Brief));
            Is(SockStatus.Inconsistent, () => new Liar().TrySendComplete(buffer, Brief));
            Is(SockStatus.Ok, () => Told(left.IsConnected(out string closed), closed == "closed"));
            Is(SockStatus.Ok, () => Told(unconnected.IsConnected(out string why), why != ""));
            Is(SockStatus.Ok, () => Told(poller.Wait(new ReadySock[1], Brief).IsError, true));
            Throws<SockException>(() => left.SendComplete(buffer, Within.Long));
            Throws<SockException>(() => near.RecvUntilTerminator(Newline, Brief, default, 9));
            Throws<SockInterruptedException>(() =>
                near.RecvComplete(new byte[99_999], Within.Long, fired)
            );
        }

        Assert.Empty(wrong);

        void Is(SockStatus expected, Func<SockOutcome> operation)
        {
            try
            {
                SockStatus status = operation().Status;
                if (status != expected)
                {
                    wrong.Add($"{status} for {expected}");
                }
            }
            catch (Exception thrown)
            {
                wrong.Add($"for {expected}: {thrown}");
            }
        }

        void Throws<T>(Action operation)
            where T : Exception
        {
            try
            {
                operation();
                wrong.Add($"no {typeof(T)}");
            }
            catch (T) { }
            catch (Exception thrown)
            {
                wrong.Add($"for {typeof(T)}: {thrown}");
            }
        }
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void Nothing_is_loaded_for_what_is_awaited() => Fresh.Process(AwaitAll);

    private static void AwaitAll()
    {
        (Sock first, Sock far) = Sock.CreatePair();
        (Sock second, Sock gone) = Sock.CreatePair();
        using var near = new ManagedSock(first.ToSocket());
        using var stream = new StreamSock(new NetworkStream(second.ToSocket(), ownsSocket: true));
        using Sock listener = SockForTests.Listen(out EndPoint address);
        using var connecting = new ManagedSock(new Socket(SocketType.Stream, ProtocolType.Tcp));
        var soon = new ThreadInterrupt();
        byte[] buffer = new byte[9];
        var loaded = new List<string?>();
        AppDomain.CurrentDomain.AssemblyLoad += (_, one) =>
            loaded.Add(one.LoadedAssembly.GetName().Name);

        Is(SockStatus.Timeout, near.TryRecvCompleteAsync(buffer, TimeSpan.Zero));
        Is(SockStatus.Timeout, near.TryRecvCompleteAsync(buffer, Brief));
        Is(SockStatus.Timeout, near.TrySendCompleteAsync(new byte[9_999_999], Brief));
        Is(SockStatus.Timeout, stream.TryRecvCompleteAsync(buffer, Brief));
        Is(SockStatus.Timeout, new Liar().TryRecvCompleteAsync(buffer, Brief));
        Is(SockStatus.Inconsistent, new Liar().TrySendCompleteAsync(buffer, Brief));
        ValueTask<SockOutcome> waits = near.TryRecvCompleteAsync(buffer, Within.Long, soon);
        soon.Interrupt();
        Is(SockStatus.Interrupted, waits);
        Is(SockStatus.Ok, new(far.TrySendComplete("a\nb\nc\n0123456789", Within.Long)));
        Is(SockStatus.Ok, near.TryRecvUntilTerminatorAsync(Newline, buffer, Brief));
        Is(SockStatus.Ok, near.TryRecvCompleteAsync(buffer.AsMemory(0, 2), Brief));
        _ = Text(near).AsTask().GetAwaiter().GetResult();
        Is(SockStatus.TooLong, near.TryRecvUntilTerminatorAsync(Newline, buffer, Brief));
        Is(SockStatus.Ok, connecting.TryConnectCompleteAsync(address, Within.Long));
        gone.Dispose();
        Is(SockStatus.Closed, stream.TryRecvCompleteAsync(buffer, Within.Long));
        near.Dispose();
        Is(SockStatus.Failed, near.TrySendCompleteAsync(buffer, Within.Long));
        Assert.Empty(loaded);

        // Not by Assert, for which more is loaded.
        static void Is(SockStatus expected, ValueTask<SockOutcome> operation)
        {
            SockStatus status = operation.AsTask().GetAwaiter().GetResult().Status;
            if (status != expected)
            {
                throw new InvalidOperationException($"{status} for {expected}");
            }
        }
    }

    [Fact(Skip = "it is by Linux's calls", SkipUnless = nameof(CanLimitDescriptors))]
    public void What_is_first_used_without_a_descriptor_works_when_there_are_some() =>
        Fresh.Process(BeginWithoutDescriptors);

    private static void BeginWithoutDescriptors()
    {
        // What this method itself needs.
        using (new Socket(AddressFamily.InterNetwork, SocketType.Dgram, 0))
        {
            _ = typeof(Sock).FullName;
        }

        Exception? failure = null;
        using (new NoDescriptors())
        {
            try
            {
                Sock.Create(AddressFamily.InterNetwork);
            }
            catch (Exception thrown)
            {
                failure = thrown;
            }
        }

        Assert.NotNull(failure);
        using var measured = new HeardMeasurements();
        UseAll();
        Assert.NotEmpty(measured.All);
        Assert.IsType<SockException>(failure);
    }

    private static SockOutcome Text(Sock sock) =>
        sock.TryRecvUntilTerminator(Newline, Brief, default, 9, out _, out _);

    private static ValueTask<string> Text(ManagedSock sock) =>
        sock.RecvUntilTerminatorAsync(Newline, Brief, default, 9);

    private static SockOutcome ToWriter(Sock sock) =>
        sock.TryRecvUntilTerminator(Newline, new ArrayBufferWriter<byte>(), Brief, default, 9);

    private static SockOutcome Told(bool told, bool asItShould) =>
        SockOutcome.End(!told && asItShould ? SockStatus.Ok : SockStatus.Failed);

    /// <summary>One that is always ready, gives nothing, and takes more than there is.</summary>
    private sealed class Liar : AlwaysReadyAsync
    {
        public override SockResult Send(ReadOnlySpan<byte> data, SockFlags flags) =>
            SockResult.Ok(data.Length + 1);

        public override SockResult Recv(Span<byte> buffer, SockFlags flags) =>
            SockResult.Fail(SocketError.WouldBlock);
    }
}
