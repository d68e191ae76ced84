using BitcoinSock;

(Sock a, Sock b) = Sock.CreatePair();
a.SendComplete("hello\nworld", TimeSpan.FromSeconds(1));
Console.WriteLine(b.RecvUntilTerminator((byte)'\n', TimeSpan.FromSeconds(1), default, 100));
byte[] rest = new byte[10];
Console.WriteLine(b.Recv(rest));
