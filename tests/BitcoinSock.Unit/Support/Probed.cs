using System.Text;
using System.Text.Json.Nodes;
using PeerProbe;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// A protocol of PeerProbe on a thread of its own, and its peer, which the test plays.
/// </summary>
internal sealed class Probed : IDisposable
{
    public static readonly HostPort Address = new("peer.test", 1);

    private readonly Pair _pair = new(PairKind.UnixByPoll);
    private readonly ThreadInterrupt _interrupt = new();
    private readonly Background<ProbeFailure?> _asking;

    public Probed(Action<Conversation, JsonObject> ask, TimeSpan? timeout = null)
    {
        var errand = new Errand(timeout ?? Within.Long, _interrupt, Trace);
        var conversation = new Conversation(_pair.Near, Address, errand, "another test");
        _asking = Background.Run(() =>
        {
            try
            {
                ask(conversation, Found);
                return null;
            }
            catch (ProbeFailure failure)
            {
                return failure;
            }
        });
    }

    public StringWriter Trace { get; } = new();

    public JsonObject Found { get; } = [];

    /// <summary>What the protocol left on the socket.</summary>
    public byte[] Unread => _pair.Near.Peek(1024);

    public byte[] Hears(int length)
    {
        byte[] bytes = new byte[length];
        _pair.Far.RecvComplete(bytes, Within.Long);
        return bytes;
    }

    public string HearsLine() =>
        _pair.Far.RecvUntilTerminator((byte)'\n', Within.Long, default, 1024);

    public void Says(params ReadOnlySpan<byte> bytes) => _pair.Arrive(bytes);

    public void Says(string text) => Says(Encoding.UTF8.GetBytes(text));

    /// <summary>A byte at a time, each when the last one has been read.</summary>
    public void SaysSlowly(params ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            _asking.UntilBlocked();
            Says(b);
        }
    }

    public void Closes() => _pair.Far.Dispose();

    public void IsInterrupted()
    {
        _asking.UntilBlocked();
        _interrupt.Interrupt();
    }

    public void Succeeds() => Assert.Null(_asking.Join());

    /// <summary>All that is told of the failure.</summary>
    public string Fails(ExitCode code)
    {
        ProbeFailure? failure = _asking.Join();
        Assert.NotNull(failure);
        Assert.Equal(code, failure.Code);
        var told = new StringWriter();
        failure.WriteText(told);
        return told.ToString();
    }

    public void Dispose() => _pair.Dispose();
}
