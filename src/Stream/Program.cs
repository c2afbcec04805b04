System.Console.WriteLine("esn");
