using System.Diagnostics;
using Xunit;

namespace BitcoinSock.Unit;

public sealed partial class GuideTests
{
    private static SockOutcome CloseInOrder(
        Sock sock,
        TimeSpan patience,
        CancellationToken interrupt
    )
    {
        _ = sock.ShutdownSend(); // the peer reads all that was sent, then the end
        byte[] rest = new byte[4096];
        long start = Stopwatch.GetTimestamp();
        SockOutcome outcome;
        do
        {
            // What is left of it: a peer may talk on for ever, a few bytes at a time.
            TimeSpan left = patience - Stopwatch.GetElapsedTime(start);
            TimeSpan within = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            outcome = sock.TryRecvComplete(rest, within, interrupt);
        } while (outcome.IsOk && Stopwatch.GetElapsedTime(start) < patience);
        sock.Dispose();
        return outcome; // Closed: nothing was left unread, so nothing is reset
    }

    [Fact]
    public void Closing_so_that_the_last_bytes_arrive()
    {
        _near.SendComplete("farewell", _timeout);
        var closing = Background.Run(() => CloseInOrder(_near, Within.Long, _interrupt));
        byte[] heard = new byte[8];
        _far.RecvComplete(heard, _timeout);
        Assert.Equal("farewell"u8, heard);
        Assert.Equal(SockStatus.Closed, _far.TryRecvComplete(heard, _timeout).Status);
        _far.SendComplete(new byte[10_000], _timeout);
        _far.Dispose();

        Assert.Equal(SockStatus.Closed, closing.Join().Status);
        Assert.True(_near.IsEmpty);
    }

    [Fact]
    public void Closing_on_a_peer_that_never_does()
    {
        var patience = TimeSpan.FromSeconds(0.1);
        long start = Stopwatch.GetTimestamp();
        SockOutcome outcome = CloseInOrder(_near, patience, _interrupt);
        Assert.InRange(Stopwatch.GetElapsedTime(start), patience, Within.Long / 2);
        Assert.Equal(SockStatus.Timeout, outcome.Status);
        Assert.True(_near.IsEmpty);
    }

    [Fact]
    public void Closing_on_a_peer_that_talks_on()
    {
        var talking = Background.Run(() =>
        {
            long sent = 0;
            byte[] talk = new byte[4096];
            SockOutcome outcome;
            do
            {
                outcome = _far.TrySendComplete(talk, Within.Long);
                sent += outcome.Count;
            } while (outcome.IsOk);
            return sent;
        });
        var patience = TimeSpan.FromSeconds(0.1);
        long start = Stopwatch.GetTimestamp();
        CloseInOrder(_near, patience, _interrupt);
        Assert.InRange(Stopwatch.GetElapsedTime(start), patience, Within.Long / 2);
        Assert.True(_near.IsEmpty);
        Assert.True(talking.Join() > 0);
    }

    [Fact]
    public void Closing_is_interrupted()
    {
        _interrupt.Interrupt();
        Assert.Equal(SockStatus.Interrupted, CloseInOrder(_near, Within.Long, _interrupt).Status);
        Assert.True(_near.IsEmpty);
    }
}
