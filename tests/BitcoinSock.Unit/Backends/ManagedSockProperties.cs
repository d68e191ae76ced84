using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class ManagedSockProperties
{
    public enum Step
    {
        PeerSends,
        PeerEnds,
        PeerReads,
        Send,
        End,
        Recv,
        Peek,
        Wait,
        Ask,
        Option,
    }

    [Property(60)]
    public void It_says_of_any_story_what_a_Sock_says((Step, byte, SockEvents)[] steps)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        (Sock first, Sock end) = Sock.CreatePair();
        var managed = new ManagedSock(first.ToSocket());
        foreach ((Step step, byte any, SockEvents requested) in steps)
        {
            string expected = Play(near, far, step, any, requested);
            Assert.Equal(expected, Play(managed, end, step, any, requested));
        }

        near.Dispose();
        managed.Dispose();
        Assert.Equal(LastWords(far), LastWords(end));
        far.Dispose();
        end.Dispose();
    }

    // What is left to read, and how it ends: by a reset, if the other end had not read all.
    private static string LastWords(Sock peer)
    {
        string words = "";
        SockResult got;
        do
        {
            Assert.Equal(1, peer.Wait(Within.Long, SockEvents.Recv, out _).Count);
            byte[] buffer = new byte[1000];
            got = peer.Recv(buffer, SockFlags.DontWait);
            words += $"{got} {Convert.ToHexString(buffer)}\n";
        } while (got.Count > 0);
        return words;
    }

    // What a call says, as one text.
    private static string Play<TSock>(TSock sock, Sock peer, Step step, byte any, SockEvents events)
        where TSock : ISock, ISockGetSockOpt
    {
        byte[] bytes = new byte[1 + any];
        Array.Fill(bytes, any);
        switch (step)
        {
            case Step.PeerSends:
                string sent = $"{peer.Send(bytes, SockFlags.DontWait | SockFlags.NoSignal)}";
                sock.Wait(Within.Brief, SockEvents.Recv, out _);
                return sent;
            case Step.PeerEnds:
                string ended = $"{peer.ShutdownSend()}";
                sock.Wait(Within.Long, SockEvents.Recv, out _);
                return ended;
            case Step.PeerReads:
                return Convert.ToHexString(peer.RecvNow(1 + any));
            case Step.Send:
                SockResult taken = sock.Send(bytes, SockFlags.DontWait | SockFlags.NoSignal);
                peer.Wait(taken.IsError ? TimeSpan.Zero : Within.Long, SockEvents.Recv, out _);
                return $"{taken}";
            case Step.End:
                SockResult shut = sock.ShutdownSend();
                peer.Wait(Within.Long, SockEvents.Recv, out _);
                return $"{shut}";
            case Step.Recv:
            case Step.Peek:
                SockFlags flags = step == Step.Peek ? SockFlags.Peek : SockFlags.None;
                SockResult got = sock.Recv(bytes, flags | SockFlags.DontWait);
                return $"{got} {Convert.ToHexString(bytes)}";
            case Step.Wait:
                SockResult waited = sock.Wait(TimeSpan.Zero, events, out SockEvents occurred);
                return $"{waited} {occurred}";
            case Step.Ask:
                bool isConnected = sock.IsConnected(out string errmsg);
                return $"{isConnected} {errmsg}";
            default:
                SocketOptionName name =
                    any % 2 == 0 ? SocketOptionName.Type : SocketOptionName.Error;
                SockResult asked = sock.GetSockOpt(SocketOptionLevel.Socket, name, out int value);
                return $"{asked} {value}";
        }
    }
}
