using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What telemetry must not do: tell secrets, change what happens, cost anything.</summary>
[Alone]
public class TelemetryHarmTests
{
    private const byte Newline = (byte)'\n';

    [Fact]
    public async Task What_is_awaited_and_told_does_not_come_back_to_the_context_it_began_in()
    {
        using var heard = new HeardEvents(EventLevel.Informational);
        var elsewhere = new ForbiddenContext();
        Task[] all = elsewhere.Begin<Task[]>(() =>
            [
                Slow().SendCompleteAsync("data", Within.Long).AsTask(),
                Slow().RecvCompleteAsync(new byte[4], Within.Long).AsTask(),
            ]
        );
        await Task.WhenAll(all);
        Assert.Equal(0, elsewhere.Posts);
        Assert.Equal(2, heard.Operations.Length);

        static ScriptedAsync Slow()
        {
            var sock = new ScriptedSock("line");
            sock.At(1, _ => SockResult.Fail(NetworkError.WouldBlock));
            return new ScriptedAsync(sock) { TakesTime = true };
        }
    }

    [Fact]
    public void Nothing_that_is_told_holds_what_is_sent_or_received()
    {
        const string Secret = "PRIV=a1b2c3d4e5";
        using var heard = new HeardEvents(EventLevel.Verbose);
        using var measured = new HeardMeasurements();
        using (var pair = new Pair(PairKind.UnixByPoll))
        {
            for (int i = 0; i < 4; i++)
            {
                pair.Far.SendComplete($"{Secret}\n", Within.Long);
                pair.Far.SendComplete("PRIV="u8, "a1b2c3d4e5\n"u8, Within.Long);
            }

            byte[] buffer = new byte[16];
            pair.Near.IsConnected(out _);
            Assert.Equal(Secret, pair.Near.RecvUntilTerminator(Newline, Within.Long, default, 99));
            pair.Near.RecvUntilTerminator(Newline, buffer, Within.Long);
            pair.Near.RecvComplete(buffer, Within.Long);
            var reader = new FrameReader(pair.Near, Newline, 99);
            reader.Read(Within.Long);
            reader.ReadBatch(new Range[3], Within.Long);
            pair.Near.TryRecvUntilTerminator(Newline, buffer.AsSpan(0, 5), Within.Long);
        }

        object?[] told =
        [
            .. heard.All.SelectMany(written => written.Payload!),
            .. heard.All.Select(written => written.Message),
            .. measured.All.Select(one => one.Tags),
        ];
        Assert.True(told.Length > 100);
        Assert.DoesNotContain(heard.All, written => written.EventId == 0); // the source's mistakes
        Assert.All(told, one => Assert.True(one is string or int or long or double, $"{one}"));
        Assert.All(told.OfType<string>(), one => Assert.DoesNotMatch("PRIV|a1b2|c3d4", one));
        // Lengths, codes and numbers of descriptors: none is as large as four bytes of a text.
        Assert.All(told.OfType<long>(), one => Assert.InRange(one, -1, 100_000));
        Assert.All(told.OfType<int>(), one => Assert.InRange(one, -1, 100_000));
    }

    [Fact]
    public void Listeners_that_throw_or_make_failing_calls_change_no_outcome()
    {
        static void Disturb()
        {
            new Sock().Recv(new byte[1]);
            Marshal.SetLastPInvokeError(1);
            throw new InvalidOperationException("a listener's own");
        }

        using var heard = new HeardEvents(EventLevel.Verbose, then: _ => Disturb());
        using var measured = new HeardMeasurements(Disturb);
        using var pair = new Pair(PairKind.UnixByPoll);
        pair.Arrive("a line\nand"u8);
        byte[] buffer = new byte[9];
        Assert.Equal(6, pair.Near.RecvUntilTerminator(Newline, buffer, Within.Long));
        SockOutcome timeout = pair.Near.TryRecvComplete(buffer, TimeSpan.Zero);
        Assert.Equal(new SockOutcome(SockStatus.Timeout, 3, 0), timeout);
        Assert.Equal(SockStatus.Timeout, pair.Near.TryRecvComplete(buffer, TimeSpan.Zero).Status);
        Assert.Equal(NetworkError.WouldBlock, NetworkError.LastSocketError());
        pair.Far.Dispose();
        Assert.False(pair.Near.IsConnected(out string why));
        Assert.Equal("closed", why);
        Assert.Equal(SockStatus.Failed, new Sock().TrySendComplete([1], Within.Long).Status);
        Assert.Equal(NetworkError.BadHandle, NetworkError.LastSocketError());
        Assert.NotEmpty(heard.Operations);
        Assert.NotEmpty(measured.All);
    }

    [Fact]
    public void An_instrument_whose_listener_throws_takes_nothing_from_the_others()
    {
        static void Throw() => throw new InvalidOperationException("a listener's own");
        string[] all =
        [
            "bitcoinsock.io",
            "bitcoinsock.operation.duration",
            "bitcoinsock.operations",
            "bitcoinsock.waits",
        ];
        foreach (string disturbed in all)
        {
            using var thrower = new HeardMeasurements(Throw, only: disturbed);
            using var measured = new HeardMeasurements();
            var sock = new ScriptedSock("x");
            sock.OnRecv = (call, _) =>
                call == 1 ? SockResult.Fail(NetworkError.WouldBlock) : SockResult.Ok(1);
            sock.RecvComplete(new byte[1], Within.Long);
            // Of the same instrument, the base library tells nobody after one that throws.
            Assert.Equal(
                all.Where(one => one != disturbed),
                measured.All.Select(one => one.Instrument).Order(StringComparer.Ordinal)
            );
        }
    }

    [Fact]
    public void What_the_collector_closes_is_counted_and_told_to_nobody()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var heard = new HeardEvents(EventLevel.Verbose);
        using var measured = new HeardMeasurements();
        int before = measured.OpenSockets();
        Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(before, measured.OpenSockets());
        Assert.Empty(heard.All);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget()
        {
            _ = Sock.Create(AddressFamily.InterNetwork);
            _ = new Sock(new CSocket(1_000_000)); // its close fails
        }
    }

    [Fact]
    public void A_listener_that_uses_a_sock_itself_is_not_told_of_that()
    {
        using var listeners = new Pair(PairKind.UnixByPoll);
        void Log()
        {
            listeners.Near.SendComplete("logged\n", Within.Long);
            Sock.Create(AddressFamily.InterNetwork).Dispose();
        }

        using var heard = new HeardEvents(EventLevel.Verbose, then: _ => Log());
        using var measured = new HeardMeasurements(Log);
        var sock = new ScriptedSock();
        sock.SendComplete("text", Within.Long);
        Assert.Equal([new("SendComplete", SockStatus.Ok, 0, 4, 1, 0, 0)], heard.Operations);
        Assert.Equal(["Send 4 4 0"], heard.Calls);
        Assert.Equal(4, measured.Sum("bitcoinsock.io", "network.io.direction=transmit"));
        listeners.Near.Dispose();
        Assert.NotEmpty(listeners.Far.Drain());
    }

    [Fact]
    public void While_nobody_listens_nothing_is_allocated()
    {
        const int Rounds = 1000;
        const int SmallestObject = 24;
        using var pair = new Pair(PairKind.UnixByPoll);
        byte[] line = new byte[100];
        var reader = new FrameReader(pair.Near, Newline, 100);
        long Some()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < Rounds; round++)
            {
                pair.Far.SendComplete("a line\n"u8, "+another\n"u8, Within.Long);
                pair.Near.RecvUntilTerminator(Newline, line, Within.Long);
                pair.Near.RecvComplete(line.AsSpan(0, 1), Within.Long);
                reader.Read(Within.Long);
                pair.Near.IsConnected(out _);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        using (new HeardEvents(EventLevel.Verbose))
        using (new HeardMeasurements())
        {
            Assert.True(Some() > Rounds * SmallestObject);
        }

        Assert.InRange(Some(), 0, Rounds * SmallestObject - 1);
    }

    [Theory]
    [InlineData("System.Diagnostics.Tracing.EventSource.IsSupported", false, true)]
    [InlineData("System.Diagnostics.Metrics.Meter.IsSupported", true, false)]
    public void A_program_without_event_sources_or_meters_has_none_here(
        string name,
        bool hasEvents,
        bool hasMeters
    )
    {
        AppContext.SetSwitch(name, false);
        // It asks once; so this is a second library.
        var anew = new AssemblyLoadContext(name, isCollectible: true);
        try
        {
            Assembly library = anew.LoadFromAssemblyPath(typeof(Sock).Assembly.Location);
            Assert.Equal((hasEvents, hasMeters), (Has("HasEvents"), Has("HasMeters")));

            bool Has(string what) =>
                (bool)
                    library
                        .GetType(typeof(Telemetry).FullName!)!
                        .GetProperty(what)!
                        .GetValue(null)!;
        }
        finally
        {
            anew.Unload();
            AppContext.SetSwitch(name, true);
        }
    }
}
