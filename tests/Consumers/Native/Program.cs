using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using BitcoinSock;

// A native program that uses a bit of everything. Exit status: how many checks failed.
int failed = 0;
var within = TimeSpan.FromSeconds(5);
using var operations = new Operations();
(Sock first, Sock second) = Sock.CreatePair();
using Sock near = first,
    far = second;

Check("no code is made at run time", !RuntimeFeature.IsDynamicCodeSupported);
near.SendComplete("HELLO\nrest", within);
Check("a line", far.RecvUntilTerminator((byte)'\n', within, default, 100) == "HELLO");
byte[] rest = new byte[4];
far.RecvComplete(rest, within);
Check("what follows it", rest.AsSpan().SequenceEqual("rest"u8));
Check("a probe", far.IsConnected(out _));
SockOutcome late = far.TryRecvComplete(rest, TimeSpan.FromMilliseconds(1));
Check("a timeout", late.Status == SockStatus.Timeout);
using var soon = new CancellationTokenSource(1);
SockOutcome stopped = far.TryRecvComplete(rest, within, soon.Token);
Check("an interrupt", stopped.Status == SockStatus.Interrupted);

near.SendComplete("a\nb\n", within);
FrameBatch batch = new FrameReader(far, (byte)'\n', 100).ReadBatch(new Range[9], within);
Check("a batch of frames", batch.Count == 2);

using var poller = new SockPoller();
poller.Add(far, SockEvents.Recv, "far");
near.SendComplete("x\n", within);
var ready = new ReadySock[9];
Check("a poller", poller.Wait(ready, within).Count == 1 && ready[0].State is "far");

using var managed = new ManagedSock(second.ToSocket());
string line = await managed.RecvUntilTerminatorAsync((byte)'\n', within, default, 100);
Check("await", line == "x");
using var stream = new StreamSock(new NetworkStream(first.ToSocket(), ownsSocket: true));
await managed.SendCompleteAsync("y\n", within);
Check("a stream", stream.RecvUntilTerminator((byte)'\n', within, default, 100) == "y");
Check("events", operations.Count >= 10);
return failed;

void Check(string what, bool holds)
{
    Console.WriteLine($"{(holds ? "ok  " : "FAIL")} {what}");
    failed += holds ? 0 : 1;
}

/// <summary>Counts the operations that the library tells of.</summary>
internal sealed class Operations : EventListener
{
    public int Count { get; private set; }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "BitcoinSock")
        {
            EnableEvents(eventSource, EventLevel.Informational);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
        Count += eventData.EventName == "Operation" ? 1 : 0;
}
