using BitcoinSock;
using BitcoinSock.Model;

namespace RingBackend;

/// <summary>The far end, as the kit drives it.</summary>
public sealed class RingPeer(RingSock far) : IPeer
{
    public int Write(ReadOnlySpan<byte> data) => Math.Max(0, far.Send(data, SockFlags.None).Count);

    public int Read(Span<byte> buffer) => far.Recv(buffer, SockFlags.None).Count;

    public void ShutdownSend() => far.ShutdownSend();

    public void Reset() => throw new NotSupportedException("a ring cannot be reset");

    public void Dispose() => far.Close();
}
