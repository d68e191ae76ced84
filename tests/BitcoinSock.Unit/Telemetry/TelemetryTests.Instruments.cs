using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What the meter counts.</summary>
public partial class TelemetryTests
{
    [Fact]
    public void Meters_count_bytes_waits_and_operations_by_how_they_end()
    {
        using var measured = new HeardMeasurements();
        var sock = new ScriptedSock("a line\n");
        sock.OnWait = (_, timeout) => sock.TimeOut(timeout);
        sock.SendComplete("0123456789", Within.Long);
        sock.RecvUntilTerminator(Newline, new byte[100], Within.Long);
        sock.TryRecvComplete(new byte[1], TimeSpan.FromSeconds(2.5));

        Assert.Equal(10, measured.Sum("bitcoinsock.io", "network.io.direction=transmit"));
        Assert.Equal(7, measured.Sum("bitcoinsock.io", "network.io.direction=receive"));
        string timeout = "bitcoinsock.operation=RecvComplete bitcoinsock.outcome=Timeout";
        string ok = "bitcoinsock.operation=SendComplete bitcoinsock.outcome=Ok";
        Assert.Equal(1, measured.Sum("bitcoinsock.operations", timeout));
        Assert.Equal(1, measured.Sum("bitcoinsock.operations", ok));
        Assert.Equal(3, measured.Sum("bitcoinsock.waits", "bitcoinsock.operation=RecvComplete"));
        Assert.Equal(2.5, measured.Sum("bitcoinsock.operation.duration", timeout));
        Assert.Equal(0, measured.Sum("bitcoinsock.operation.duration", ok));
        Assert.Equal(9, measured.All.Count); // what did not happen is not counted as nothing
    }

    [Fact]
    public void Open_sockets_are_counted_however_they_come_and_go()
    {
        using var measured = new HeardMeasurements();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = measured.OpenSockets();
        var pair = new Pair(PairKind.TcpByPoll);
        using Socket given = pair.Near.ToSocket();
        Assert.Equal(before + 1, measured.OpenSockets());
        using var managed = new ManagedSock(given, ownsSocket: false); // watches, does not own
        Assert.Equal(before + 1, measured.OpenSockets());
        managed.Dispose();
        using Sock taken = Sock.From(given);
        pair.Far.AssignFrom(taken);
        Assert.Equal(before + 1, measured.OpenSockets());
        pair.Dispose();
        pair.Dispose();
        Assert.Equal(before, measured.OpenSockets());
        new Sock(new CSocket(1_000_000)).Dispose(); // its close fails
        Assert.Equal(before, measured.OpenSockets());
        Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(before, measured.OpenSockets());

        [System.Runtime.CompilerServices.MethodImpl(
            System.Runtime.CompilerServices.MethodImplOptions.NoInlining
        )]
        static void Forget() => _ = Sock.CreatePair();
    }

    [Theory]
    [InlineData("bitcoinsock.io")]
    [InlineData("bitcoinsock.operations")]
    [InlineData("bitcoinsock.operation.duration")]
    [InlineData("bitcoinsock.waits")]
    public void An_instrument_that_is_listened_to_alone_is_told(string instrument)
    {
        using var measured = new HeardMeasurements(only: instrument);
        var sock = new ScriptedSock("x");
        sock.OnRecv = (call, _) => call == 1 ? WouldBlock : SockResult.Ok(1);
        sock.RecvComplete(new byte[1], Within.Long);
        Assert.Equal(instrument, Assert.Single(measured.All).Instrument);
    }
}
