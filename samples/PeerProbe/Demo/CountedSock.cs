using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// A socket that counts its calls. It supplies three calls and has every operation: those are
/// written over the interfaces, not over <see cref="Sock"/>.
/// </summary>
internal sealed class CountedSock(Sock sock) : ISockSend, ISockRecv, ISockWait
{
    private int _waits;

    public int Sends { get; private set; }

    public int Recvs { get; private set; }

    /// <summary>May be read while another thread waits.</summary>
    public int Waits => Volatile.Read(ref _waits);

    public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
    {
        Sends++;
        return sock.Send(data, flags);
    }

    public SockResult Recv(Span<byte> buffer, SockFlags flags)
    {
        Recvs++;
        return sock.Recv(buffer, flags);
    }

    public SockResult Wait(
        TimeSpan timeout,
        SockEvents requested,
        out SockEvents occurred,
        CancellationToken interrupt
    )
    {
        Interlocked.Increment(ref _waits);
        return sock.Wait(timeout, requested, out occurred, interrupt);
    }
}
